MATCH (g:Graph {id: 'graph'})
SET g.change = $change
