"""Whole namespaces leave an installation: each service forgets what it owns, and the audit trail says who asked."""

from collections.abc import Sequence

from headwater.cli.installation import ACTOR, Installation, record_act
from headwater.cli.replay import rebuild_graph, start_over
from headwater.contracts.times import utc_now
from headwater.embedded.services import SERVICES
from headwater.lineage_writer import forgotten


def forget(here: Installation, namespaces: Sequence[str]) -> None:
    """Everything that arrived in these namespaces until now is gone. Embedded: the caller holds the data directory.

    What others sent of the same datasets stays. After a crash in between repeat the call.
    """
    for service in SERVICES:
        if service.forget is not None and service.needs.database is not None:
            with here.tables(service.needs.database) as engine:
                service.forget(engine, namespaces)
    with here.bus() as bus:
        forgotten.forget(bus, namespaces, before=utc_now() + 1, actor=ACTOR)
        for namespace in namespaces:
            record_act(bus, "namespace.forget", namespace)
    if here.distributed:
        start_over(here)
    else:
        rebuild_graph(here, progress=lambda progress: None)
