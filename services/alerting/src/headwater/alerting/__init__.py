"""From measurement to person.

Enters: `metric.results` from the metrics-engine, `model.events` from the ingest-gateway (which models there are), rules
from the API. Leaves: `alert.events` for the stream and the lineage-writer, notifications for people through channels,
answers to /api/v1/alerts. Before it: the metrics-engine; after it: whoever is paged.
"""
