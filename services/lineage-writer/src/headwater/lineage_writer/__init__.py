"""Turns events into facts and writes them to the graph.

In: lineage, model, output, metric and alert records of the bus, and edits. Out: facts, applied to the graph in one
transaction with the offsets, and hints on `graph.changes`. Upstream is the ingest-gateway (and the metrics-engine and
alerting), downstream is the graph.

facets → facts, model_facts (pure: one event, its facts) → handlers (a batch, one transaction)
"""
