// A new writer takes the graph: every earlier epoch is fenced from now on.
MERGE (g:Graph {id: 'graph'})
  ON CREATE SET g.change = $first
SET g.epoch = coalesce(g.epoch, 0) + 1, g.owner = $owner
RETURN g.epoch AS epoch
