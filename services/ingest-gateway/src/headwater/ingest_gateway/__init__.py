"""The only way in: an HTTP door and a Kafka door.

In comes what producers say, over HTTP or on the inbound topics; out goes, onto the internal topics, what
passed the checks, normalised and durable before anybody is told so. The room before: producers.
The room after: the bus, and on it the lineage-writer and the metrics-engine.
"""
