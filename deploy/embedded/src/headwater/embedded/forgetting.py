"""Whole namespaces leave an installation: an edit in the log says so, and every store follows it."""

from collections.abc import Sequence

from headwater.alerting import app as alerting
from headwater.alerting.forgetting import forget_models as forget_alerts
from headwater.alerting.settings import Settings as AlertingSettings
from headwater.contracts.edits import ForgetNamespaces
from headwater.contracts.times import utc_now
from headwater.embedded.installation import Installation
from headwater.embedded.replay import rebuild_graph, start_over, tell
from headwater.metrics_engine.forgetting import forget_models, models_of
from headwater.runtime.settings import Secret


def forget(here: Installation, namespaces: Sequence[str]) -> None:
    """Everything that arrived in these namespaces until now is gone. Embedded: the caller holds the data directory.

    What others told of the same datasets stays. After a crash in between repeat the call.
    """
    with here.metrics() as engine:
        alerts = alerting.open_store(AlertingSettings(database_url=Secret(here.database_url("alerting"))))
        models = models_of(engine, namespaces)
        forget_alerts(alerts, models)
        forget_models(engine, models)
        alerts.dispose()
    tell(here, ForgetNamespaces(namespaces=list(namespaces), received_before=utc_now() + 1, actor="cli"))
    if here.distributed:
        start_over(here)
    else:
        rebuild_graph(here, progress=lambda progress: None)
