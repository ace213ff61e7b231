"""The services that are hosted from their declarations alone, in the order in which data passes them."""

from headwater.alerting.service import SERVICE as ALERTING
from headwater.lineage_writer.service import SERVICE as LINEAGE_WRITER
from headwater.metrics_engine.service import SERVICE as METRICS_ENGINE

__all__ = ["ALERTING", "LINEAGE_WRITER", "METRICS_ENGINE", "SERVICES"]

SERVICES = (LINEAGE_WRITER, METRICS_ENGINE, ALERTING)
