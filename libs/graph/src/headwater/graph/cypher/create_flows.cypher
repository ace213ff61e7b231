UNWIND $rows AS row
CREATE (f:Claim:Flow)
SET f = row
