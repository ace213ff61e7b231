// Which epoch holds the graph? Writing first takes the lock, so that the answer stays true until the commit.
MERGE (g:Graph {id: 'graph'})
SET g.locked_by = $epoch
RETURN coalesce(g.epoch, 0) AS epoch, coalesce(g.change, 0) AS change
