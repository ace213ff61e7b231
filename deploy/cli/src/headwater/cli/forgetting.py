"""Whole namespaces leave an installation: an edit in the log says so, and every store follows it."""

from collections.abc import Sequence

from headwater.alerting.database import DATABASE as ALERTS
from headwater.alerting.forgetting import forget_models as forget_alerts
from headwater.cli.installation import Installation
from headwater.cli.replay import rebuild_graph, start_over, tell
from headwater.contracts.edits import ForgetNamespaces
from headwater.contracts.times import utc_now
from headwater.metrics_engine.database import DATABASE as METRICS
from headwater.metrics_engine.forgetting import forget_models, models_of


def forget(here: Installation, namespaces: Sequence[str]) -> None:
    """Everything that arrived in these namespaces until now is gone. Embedded: the caller holds the data directory.

    What others told of the same datasets stays. After a crash in between repeat the call.
    """
    with here.tables(METRICS) as engine, here.tables(ALERTS) as alerts:
        models = models_of(engine, namespaces)
        forget_alerts(alerts, models)
        forget_models(engine, models)
    tell(here, ForgetNamespaces(namespaces=list(namespaces), received_before=utc_now() + 1, actor="cli"))
    if here.distributed:
        start_over(here)
    else:
        rebuild_graph(here, progress=lambda progress: None)
