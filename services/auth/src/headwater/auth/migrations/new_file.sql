-- Made by `make generate` from the migrations; change those.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE api_keys (
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	digest TEXT NOT NULL,
	permissions JSON NOT NULL,
	prefixes JSON NOT NULL,
	annotate JSON NOT NULL,
	owner TEXT NOT NULL,
	parent TEXT,
	created_at BIGINT NOT NULL,
	expires_at BIGINT,
	last_used_at BIGINT,
	revoked_at BIGINT,
	changed BIGINT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(parent) REFERENCES api_keys (id)
);
CREATE TABLE attempts (
	bucket TEXT NOT NULL,
	failures INTEGER NOT NULL,
	last_at BIGINT NOT NULL,
	PRIMARY KEY (bucket)
);
CREATE TABLE audit (
	seq BIGINT NOT NULL,
	id TEXT NOT NULL,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	action TEXT NOT NULL,
	object TEXT NOT NULL,
	outcome TEXT NOT NULL,
	service TEXT NOT NULL,
	detail TEXT NOT NULL,
	previous TEXT NOT NULL,
	digest TEXT NOT NULL,
	PRIMARY KEY (seq),
	UNIQUE (id)
);
CREATE TABLE bindings (
	subject TEXT NOT NULL,
	role TEXT NOT NULL,
	prefix TEXT NOT NULL,
	PRIMARY KEY (subject, role, prefix),
	FOREIGN KEY(subject) REFERENCES users (subject)
);
CREATE TABLE counters (
	name TEXT NOT NULL,
	value BIGINT NOT NULL,
	PRIMARY KEY (name)
);
INSERT INTO "counters" VALUES('identity',0);
INSERT INTO "counters" VALUES('audit',0);
CREATE TABLE offsets (
	topic TEXT NOT NULL,
	partition INTEGER NOT NULL,
	next BIGINT NOT NULL,
	PRIMARY KEY (topic, partition)
);
CREATE TABLE refresh_tokens (
	digest TEXT NOT NULL,
	session TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at BIGINT,
	PRIMARY KEY (digest),
	FOREIGN KEY(session) REFERENCES sessions (id)
);
CREATE TABLE sessions (
	id TEXT NOT NULL,
	subject TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	ended_at BIGINT,
	PRIMARY KEY (id),
	FOREIGN KEY(subject) REFERENCES users (subject)
);
CREATE TABLE signing_keys (
	kid TEXT NOT NULL,
	private_pem TEXT NOT NULL,
	public_jwk JSON NOT NULL,
	created_at BIGINT NOT NULL,
	retired_at BIGINT,
	PRIMARY KEY (kid)
);
CREATE TABLE users (
	subject TEXT NOT NULL,
	username TEXT NOT NULL,
	username_key TEXT NOT NULL,
	display_name TEXT,
	password_hash TEXT NOT NULL,
	disabled BOOLEAN NOT NULL,
	epoch BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	changed BIGINT NOT NULL,
	PRIMARY KEY (subject),
	UNIQUE (username_key)
);
CREATE INDEX ix_api_keys_changed ON api_keys (changed);
CREATE INDEX ix_api_keys_owner ON api_keys (owner);
CREATE INDEX ix_api_keys_parent ON api_keys (parent);
CREATE INDEX ix_users_changed ON users (changed);
CREATE INDEX ix_sessions_subject ON sessions (subject);
CREATE INDEX ix_refresh_tokens_session ON refresh_tokens (session);
CREATE TRIGGER audit_keeps_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_keeps_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
