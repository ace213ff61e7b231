"""The only way in: an HTTP endpoint and a Kafka consumer.

In comes what producers say, over HTTP or on the inbound topics; out goes, onto the internal topics, what
passed the checks, normalised and durable before anybody is told so. Upstream: producers.
Downstream: the bus, and on it the lineage-writer and the metrics-engine.
"""
