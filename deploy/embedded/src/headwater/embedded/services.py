"""The services of the product, in the order of data flow."""

from headwater.alerting.service import SERVICE as ALERTING
from headwater.api_gateway.service import SERVICE as API_GATEWAY
from headwater.api_gateway.service import STREAM
from headwater.auth.service import SERVICE as AUTH
from headwater.ingest_gateway.service import SERVICE as INGEST_GATEWAY
from headwater.lineage_writer.service import SERVICE as LINEAGE_WRITER
from headwater.metrics_engine.service import SERVICE as METRICS_ENGINE

__all__ = [
    "ALERTING",
    "API_GATEWAY",
    "AUTH",
    "CONSUMERS",
    "INGEST_GATEWAY",
    "LINEAGE_WRITER",
    "METRICS_ENGINE",
    "SERVICES",
    "STREAM",
]

SERVICES = (AUTH, INGEST_GATEWAY, LINEAGE_WRITER, METRICS_ENGINE, ALERTING, API_GATEWAY, STREAM)
CONSUMERS = (AUTH, LINEAGE_WRITER, METRICS_ENGINE, ALERTING)
"""Those whose workers run in a process of their own; the workers of all others run beside the requests."""
