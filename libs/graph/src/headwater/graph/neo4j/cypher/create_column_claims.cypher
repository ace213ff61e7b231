UNWIND $rows AS row
CREATE (c:Claim:ColumnClaim)
SET c = row
