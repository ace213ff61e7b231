"""Alert rules, alerts and notifications.

Enters: `metric.results` from the metrics-engine, `model.events` from the ingest-gateway (the existing models), rules
from the API. Leaves: `alert.events` for the stream and the lineage-writer, notifications through channels, responses of
/api/v1/alerts. Upstream: the metrics-engine; downstream: the people on call.
"""
