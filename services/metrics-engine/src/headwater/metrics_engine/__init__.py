"""Computes metrics from predictions and labels.

In: predictions and labels (`prediction.events`) and model events (`model.events`), from the ingest gateway.
Out: one versioned result per window (`metric.results`) and the outputs that a model version writes (`model.outputs`),
for alerting, the lineage writer and the live stream; and responses about predictions and metrics, for the API gateway.

A prediction and its label are joined in one row, in whatever order they arrive. The row's contribution to its windows
is derived from the row before and after, so every result depends only on the set of events.
"""
