-- Made by `make generate` from the migrations; change those.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE alerts (
	id VARCHAR(26) NOT NULL,
	rule_id VARCHAR(32) NOT NULL,
	version TEXT NOT NULL,
	state VARCHAR(8) NOT NULL,
	value DOUBLE,
	rows BIGINT NOT NULL,
	since BIGINT NOT NULL,
	window_start BIGINT NOT NULL,
	window_end BIGINT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE changes (
	sequence INTEGER NOT NULL,
	alert_id VARCHAR(26) NOT NULL,
	state VARCHAR(8) NOT NULL,
	window_start BIGINT NOT NULL,
	window_end BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	value DOUBLE,
	rows BIGINT NOT NULL,
	recorded_at BIGINT NOT NULL,
	mark VARCHAR(10) NOT NULL,
	PRIMARY KEY (sequence)
);
CREATE TABLE closing (
	id INTEGER NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE models (
	id VARCHAR(26) NOT NULL,
	namespace TEXT NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE notifications (
	sequence INTEGER NOT NULL,
	alert_id VARCHAR(26) NOT NULL,
	body BLOB NOT NULL,
	status VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	due_at BIGINT NOT NULL,
	done_at BIGINT,
	error TEXT, channel TEXT DEFAULT 'webhook' NOT NULL,
	PRIMARY KEY (sequence)
);
CREATE TABLE offsets (
	topic TEXT NOT NULL,
	partition INTEGER NOT NULL,
	next BIGINT NOT NULL,
	PRIMARY KEY (topic, partition)
);
CREATE TABLE outbox (
	sequence INTEGER NOT NULL,
	id VARCHAR(32) NOT NULL,
	topic TEXT NOT NULL,
	"key" BLOB NOT NULL,
	value BLOB NOT NULL,
	PRIMARY KEY (sequence)
);
CREATE TABLE points (
	model_id VARCHAR(26) NOT NULL,
	source VARCHAR(8) NOT NULL,
	metric TEXT NOT NULL,
	version TEXT NOT NULL,
	window_end BIGINT NOT NULL,
	window_start BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	result_id TEXT NOT NULL,
	value DOUBLE,
	reason VARCHAR(24),
	rows BIGINT NOT NULL,
	PRIMARY KEY (model_id, source, metric, version, window_end, window_start)
);
CREATE TABLE rules (
	id VARCHAR(32) NOT NULL,
	created_at BIGINT NOT NULL,
	name TEXT NOT NULL,
	model_id VARCHAR(26) NOT NULL,
	model_namespace TEXT NOT NULL,
	model_name TEXT NOT NULL,
	metric TEXT NOT NULL,
	source VARCHAR(8) NOT NULL,
	comparison VARCHAR(8) NOT NULL,
	threshold DOUBLE NOT NULL,
	severity VARCHAR(8) NOT NULL,
	for_windows INTEGER NOT NULL,
	min_rows BIGINT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT one_name_a_model UNIQUE (model_id, name)
);
CREATE TABLE series (
	model_id VARCHAR(26) NOT NULL,
	source VARCHAR(8) NOT NULL,
	metric TEXT NOT NULL,
	version TEXT NOT NULL,
	PRIMARY KEY (model_id, source, metric, version)
);
CREATE INDEX ix_alerts_rule_id ON alerts (rule_id);
CREATE INDEX ix_changes_alert_id ON changes (alert_id, sequence);
CREATE INDEX ix_notifications_status ON notifications (status);
CREATE INDEX ix_points_window_end ON points (window_end);
