UNWIND $ids AS id
MATCH (f:Claim {id: id}) WHERE f:Flow
RETURN f.id AS flow, f.process AS process, f.inputs AS inputs, f.outputs AS outputs, f.valid AS valid,
       f.confirmed_at AS confirmed_at, f.last_run AS last_run, f.last_at AS last_at
