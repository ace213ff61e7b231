UNWIND $ids AS id
MATCH (n:Entity {id: id}) WHERE n:Output
REMOVE n:Output
