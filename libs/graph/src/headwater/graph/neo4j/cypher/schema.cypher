// What must stand before the first write: identities are unique, and every look-up has its index.
CREATE CONSTRAINT entity_id IF NOT EXISTS FOR (n:Entity) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT run_id IF NOT EXISTS FOR (r:Run) REQUIRE r.id IS UNIQUE;
CREATE CONSTRAINT claim_id IF NOT EXISTS FOR (c:Claim) REQUIRE c.id IS UNIQUE;
CREATE CONSTRAINT column_id IF NOT EXISTS FOR (c:Column) REQUIRE c.id IS UNIQUE;
CREATE CONSTRAINT blob_id IF NOT EXISTS FOR (b:Blob) REQUIRE b.id IS UNIQUE;
CREATE CONSTRAINT tally_id IF NOT EXISTS FOR (t:Tally) REQUIRE t.id IS UNIQUE;
CREATE CONSTRAINT offset_id IF NOT EXISTS FOR (o:Offset) REQUIRE o.id IS UNIQUE;
CREATE CONSTRAINT graph_id IF NOT EXISTS FOR (g:Graph) REQUIRE g.id IS UNIQUE;
CREATE INDEX entity_order IF NOT EXISTS FOR (n:Entity) ON (n.folded, n.namespace, n.id);
CREATE TEXT INDEX entity_text IF NOT EXISTS FOR (n:Entity) ON (n.text);
CREATE INDEX entity_status IF NOT EXISTS FOR (n:Entity) ON (n.status);
CREATE INDEX entity_merged IF NOT EXISTS FOR (n:Entity) ON (n.merged_into);
CREATE INDEX run_order IF NOT EXISTS FOR (r:Run) ON (r.seen, r.id);
CREATE INDEX run_of_job IF NOT EXISTS FOR (r:Run) ON (r.job, r.seen, r.id);
CREATE INDEX run_by_run_id IF NOT EXISTS FOR (r:Run) ON (r.run_id, r.seen, r.id);
CREATE INDEX run_parent IF NOT EXISTS FOR (r:Run) ON (r.parent);
CREATE INDEX claim_owner IF NOT EXISTS FOR (c:Claim) ON (c.owner);
CREATE INDEX flow_process IF NOT EXISTS FOR (f:Flow) ON (f.process, f.id);
CREATE INDEX column_dataset IF NOT EXISTS FOR (c:Column) ON (c.dataset);
CREATE INDEX derived_claim IF NOT EXISTS FOR ()-[e:DERIVED_FROM]-() ON (e.claim)
