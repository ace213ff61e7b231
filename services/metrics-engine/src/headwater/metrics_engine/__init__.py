"""From samples to measured quality.

In: predictions and labels (`prediction.events`) and the life of models (`model.events`), from the ingest gateway.
Out: one versioned result a window (`metric.results`) and which outputs a model version writes (`model.outputs`), for
alerting, the lineage writer and the live stream; and answers about predictions and metrics, for the API gateway.

A prediction and its label meet in one row, in whatever order they come. What the row contributes to its windows is
derived from the row before and after, so every result is a function of the set of events alone.
"""
