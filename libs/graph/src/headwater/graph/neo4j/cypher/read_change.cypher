// How often did the graph change?
OPTIONAL MATCH (g:Graph {id: 'graph'})
RETURN coalesce(g.change, 0) AS change
