// How many of each kind are there, by namespace?
MATCH (t:Tally)
RETURN t.what AS what, t.namespace AS namespace, t.amount AS amount
