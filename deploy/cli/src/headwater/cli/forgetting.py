"""Deletes whole namespaces from an installation: each service deletes its own data, and it is audited."""

from collections.abc import Sequence

from headwater.cli.installation import ACTOR, Installation, record_act
from headwater.cli.replay import rebuild_graph, start_over
from headwater.contracts.times import utc_now
from headwater.embedded.services import SERVICES
from headwater.lineage_writer import forgotten


def forget(here: Installation, namespaces: Sequence[str]) -> None:
    """Delete everything that arrived in these namespaces until now. Embedded: the caller holds the maintenance lock.

    Events from other namespaces about the same datasets stay. After a crash in between repeat the call.
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
