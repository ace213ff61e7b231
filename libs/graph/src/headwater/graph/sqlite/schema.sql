-- The embedded graph. Public ids are text, rows join by integers that the one writer assigns.
CREATE TABLE IF NOT EXISTS node (
    id INTEGER PRIMARY KEY,
    public TEXT NOT NULL UNIQUE,
    key_kind TEXT NOT NULL,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    fold TEXT NOT NULL,              -- the name casefolded and cut: order, and search for one or two characters
    label TEXT NOT NULL,
    status TEXT,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    card BLOB NOT NULL,
    merged_into TEXT,
    names TEXT,                      -- what search looks through, where it is more than the folded name
    state BLOB NOT NULL,
    text TEXT AS (coalesce(names, fold)) VIRTUAL
);
CREATE INDEX IF NOT EXISTS node_fold ON node (fold) WHERE merged_into IS NULL;
CREATE INDEX IF NOT EXISTS node_names ON node (id) WHERE names IS NOT NULL;
CREATE INDEX IF NOT EXISTS node_merged ON node (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX IF NOT EXISTS node_rare ON node (kind) WHERE kind IN ('Output', 'MLModel', 'ModelVersion', 'EvaluationMetric');
CREATE INDEX IF NOT EXISTS node_status ON node (status) WHERE status IS NOT NULL;
CREATE VIRTUAL TABLE IF NOT EXISTS names USING fts5 (
    text, content = 'node', content_rowid = 'id', columnsize = 0, tokenize = 'trigram', detail = 'none'
);

CREATE TABLE IF NOT EXISTS facet (
    node INTEGER NOT NULL,
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (node, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY,
    public TEXT NOT NULL UNIQUE,
    job INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    state TEXT NOT NULL,
    seen INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    conflict INTEGER NOT NULL,
    attempts BLOB NOT NULL,
    parent TEXT,
    core BLOB NOT NULL,
    facets BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS run_job ON run (job, seen DESC, public DESC);
CREATE INDEX IF NOT EXISTS run_seen ON run (seen DESC, public DESC);
CREATE INDEX IF NOT EXISTS run_by_run_id ON run (run_id, seen DESC, public DESC);
CREATE INDEX IF NOT EXISTS run_parent ON run (parent, seen DESC) WHERE parent IS NOT NULL;

-- Flows (target IS NULL) and the column lineage of one target. `inputs` and `outputs`: public ids, packed lists:
-- a walk reads the far side with the flow.
CREATE TABLE IF NOT EXISTS claim (
    id INTEGER PRIMARY KEY,
    public TEXT NOT NULL UNIQUE,
    owner INTEGER NOT NULL,
    process INTEGER NOT NULL,
    target INTEGER,
    valid BLOB NOT NULL,
    confirmed_at INTEGER,
    last_run TEXT,
    last_at INTEGER,
    confirmations INTEGER NOT NULL,
    fold BLOB NOT NULL,
    inputs BLOB NOT NULL,
    outputs BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS claim_owner ON claim (owner);
CREATE INDEX IF NOT EXISTS claim_process ON claim (process) WHERE process <> owner;

-- The flows at a node: side 0 feeds the flow, side 1 is yielded by it.
CREATE TABLE IF NOT EXISTS port (
    node INTEGER NOT NULL,
    side INTEGER NOT NULL,
    claim INTEGER NOT NULL,
    PRIMARY KEY (node, side, claim)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS transform (
    claim INTEGER NOT NULL,
    source INTEGER NOT NULL,
    source_column TEXT,
    target INTEGER NOT NULL,
    target_column TEXT,
    transformations BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS transform_claim ON transform (claim);
CREATE INDEX IF NOT EXISTS transform_source ON transform (source);
CREATE INDEX IF NOT EXISTS transform_target ON transform (target);

CREATE TABLE IF NOT EXISTS link (
    source INTEGER NOT NULL,
    type TEXT NOT NULL,
    target INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    since INTEGER NOT NULL,
    last_run TEXT,
    PRIMARY KEY (source, type, target)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS link_target ON link (target, type, source);

CREATE TABLE IF NOT EXISTS blob (digest TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tally (what TEXT NOT NULL, namespace TEXT NOT NULL, amount INTEGER NOT NULL,
    PRIMARY KEY (what, namespace)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS source (topic TEXT NOT NULL, part INTEGER NOT NULL, next INTEGER NOT NULL,
    PRIMARY KEY (topic, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS writer (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, owner TEXT NOT NULL,
    change INTEGER NOT NULL);
INSERT OR IGNORE INTO writer (one, epoch, owner, change) VALUES (1, 0, '', 0);
