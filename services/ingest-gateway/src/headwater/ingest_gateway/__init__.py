"""Accepts events by an HTTP endpoint and a Kafka consumer.

In: events of producers, over HTTP or on the inbound topics. Out: valid, normalised events on the internal topics,
durable before they are acknowledged. Upstream: producers.
Downstream: the bus, and on it the lineage-writer and the metrics-engine.
"""
