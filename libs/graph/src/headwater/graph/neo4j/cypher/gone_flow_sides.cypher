// What flows that go away named: their relationships for people may go with them.
UNWIND $ids AS id
MATCH (f:Claim {id: id}) WHERE f:Flow
RETURN f.process AS process, f.inputs AS inputs, f.outputs AS outputs
