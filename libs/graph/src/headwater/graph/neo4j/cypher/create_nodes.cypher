UNWIND $rows AS row
CREATE (n:Entity:$(row.label))
SET n = row.properties
