-- Made by `make generate` from the migrations; change those.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE model_events (
	model INTEGER NOT NULL,
	event_time BIGINT NOT NULL,
	event_id BLOB NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (model, event_time, event_id),
	FOREIGN KEY(model) REFERENCES models (id)
);
CREATE TABLE models (
	id INTEGER NOT NULL,
	"key" VARCHAR(26) NOT NULL,
	namespace TEXT NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE ("key")
);
CREATE TABLE offsets (
	topic TEXT NOT NULL,
	partition INTEGER NOT NULL,
	next BIGINT NOT NULL,
	PRIMARY KEY (topic, partition)
);
CREATE TABLE outbox (
	id INTEGER NOT NULL,
	message_id VARCHAR(32) NOT NULL,
	topic TEXT NOT NULL,
	"key" BLOB NOT NULL,
	value BLOB NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (message_id)
);
CREATE TABLE outputs (
	version INTEGER NOT NULL,
	dataset VARCHAR(26) NOT NULL,
	namespace TEXT NOT NULL,
	name TEXT NOT NULL,
	event_time BIGINT NOT NULL,
	event_id BLOB NOT NULL,
	PRIMARY KEY (version, dataset),
	FOREIGN KEY(version) REFERENCES versions (id)
);
CREATE TABLE results (
	window INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	message_id VARCHAR(32) NOT NULL,
	computed_at BIGINT NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (window, revision),
	FOREIGN KEY(window) REFERENCES windows (id)
);
CREATE TABLE samples (
	id INTEGER NOT NULL,
	model INTEGER NOT NULL,
	prediction_id TEXT NOT NULL,
	version INTEGER,
	event_time BIGINT,
	event_id BLOB,
	body BLOB,
	label_time BIGINT,
	label_event_id BLOB,
	label_body BLOB,
	touched_at BIGINT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(model) REFERENCES models (id),
	UNIQUE (model, prediction_id)
);
CREATE TABLE superseded_labels (
	model INTEGER NOT NULL,
	prediction_id TEXT NOT NULL,
	event_time BIGINT NOT NULL,
	event_id BLOB NOT NULL,
	body BLOB,
	touched_at BIGINT NOT NULL,
	PRIMARY KEY (model, prediction_id, event_time, event_id),
	FOREIGN KEY(model) REFERENCES models (id)
);
CREATE TABLE versions (
	id INTEGER NOT NULL,
	model INTEGER NOT NULL,
	version TEXT NOT NULL,
	profile BLOB,
	PRIMARY KEY (id),
	FOREIGN KEY(model) REFERENCES models (id),
	UNIQUE (model, version)
);
CREATE TABLE windows (
	id INTEGER NOT NULL,
	version INTEGER NOT NULL,
	series TEXT NOT NULL,
	slice_name TEXT NOT NULL,
	slice_value TEXT NOT NULL,
	window_start BIGINT NOT NULL,
	window_end BIGINT NOT NULL,
	rows BIGINT NOT NULL,
	state BLOB,
	revision INTEGER NOT NULL,
	published_at BIGINT NOT NULL,
	dirty BOOLEAN NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(version) REFERENCES versions (id),
	UNIQUE (version, series, slice_name, slice_value, window_start, window_end)
);
CREATE INDEX samples_by_version ON samples (version, id);
CREATE INDEX samples_waiting ON samples (id) WHERE event_time IS NULL;
CREATE INDEX windows_dirty ON windows (id) WHERE dirty = 1;
