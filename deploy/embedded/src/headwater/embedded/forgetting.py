"""Whole namespaces leave an installation: an edit in the log says so, and every store follows it."""

from collections.abc import Sequence

import msgspec

from headwater.alerting import app as alerting
from headwater.alerting.forgetting import forget_models as forget_alerts
from headwater.alerting.settings import Settings as AlertingSettings
from headwater.bus.port import Outgoing
from headwater.contracts.edits import ForgetNamespaces
from headwater.contracts.times import utc_now
from headwater.contracts.topics import LINEAGE_EDITS
from headwater.embedded.installation import Installation
from headwater.embedded.replay import rebuild_graph
from headwater.metrics_engine import app as metrics_engine
from headwater.metrics_engine.forgetting import forget_models, models_of
from headwater.metrics_engine.settings import Settings as EngineSettings
from headwater.runtime.settings import Secret

SEND_SECONDS = 10.0


def forget(here: Installation, namespaces: Sequence[str]) -> None:
    """Everything that arrived in these namespaces until now is gone. Whoever calls holds the data directory alone.

    What others told of the same datasets stays. A crash in between leaves the edit: repeat the call.
    """
    edit = ForgetNamespaces(namespaces=list(namespaces), received_before=utc_now() + 1, actor="cli")
    record = Outgoing(LINEAGE_EDITS, namespaces[0].encode(), msgspec.json.encode(edit))
    with here.bus() as bus:
        bus.producer().send_all([record], timeout=SEND_SECONDS)
    engine = metrics_engine.open_store(EngineSettings(database_url=Secret(here.database_url("metrics"))))
    alerts = alerting.open_store(AlertingSettings(database_url=Secret(here.database_url("alerting"))))
    models = models_of(engine, namespaces)
    forget_alerts(alerts, models)
    forget_models(engine, models)
    alerts.dispose()
    engine.dispose()
    rebuild_graph(here, progress=lambda records: None)
