"""Parts of the front that may fail separately: their requests get 503 with file and remedy, all others are answered."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import msgspec

from headwater.bus.port import Bus, TopicPartition
from headwater.contracts.storage import Damaged
from headwater.contracts.times import utc_now
from headwater.contracts.topics import TOPICS
from headwater.embedded.data_dir import DataDir
from headwater.embedded.faults import Faults, read_faults
from headwater.graph.errors import GraphUnavailable
from headwater.graph.port import GraphStore
from headwater.runtime.web.problem import MEDIA_TYPE, storage_problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WRITTEN = tuple(topic.name for topic in TOPICS if "lineage-writer" in topic.consumers)
PATIENCE = 15_000_000
EMPTY_BELOW = 0.1


class Part(NamedTuple):
    """An application and its readiness check."""

    app: "WSGIApplication"
    check: Callable[[], object]


def part(name: str, make: Callable[[], Part], faults: Faults) -> Part:
    """The application of `make`; one that refuses all requests when its files are damaged."""
    try:
        return make()
    except Damaged as damage:
        faults.report(name, damage)
        return Part(refusing(damage), raising(damage))


def refusing(damage: Damaged) -> "WSGIApplication":
    """Answers every request with 503."""
    problem = storage_problem(damage)
    body = msgspec.json.encode(problem.body())
    headers = [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body))), *problem.headers.items()]

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response(f"{problem.status} {problem.problem.value.title}", [*headers, ("Cache-Control", "no-store")])
        return [body]

    return app


def raising(damage: Damaged) -> Callable[[], NoReturn]:
    def check() -> NoReturn:
        raise damage

    return check


def require_present(data: DataDir, service: str) -> None:
    """Raises Damaged when a database that was set up is missing or empty: a new one would hide the loss."""
    file = data.database(service)
    if not data.set_up.exists() or (file.exists() and file.stat().st_size > 0):
        return
    found = "it is empty" if file.exists() else "it is missing"
    begin = f"headwater migrate --data-dir {data.root} to begin with an empty one"
    raise Damaged(file, found, f"stop the product and restore it from a backup, or run {begin}")


def none_stopped(data: DataDir) -> Callable[[], None]:
    """A check: no part of any process has stopped because of damage."""

    def check() -> None:
        if found := read_faults(data):
            raise RuntimeError("; ".join(map(str, found)))

    return check


def graph_filled(graph: GraphStore, bus: Bus, *, clock: Callable[[], int] = utc_now) -> Callable[[], None]:
    """A check: the graph is not empty, or nearly so, over a log whose records have waited for a while."""

    def check() -> None:
        behind, total, oldest = _behind(graph, bus)
        if total - behind < EMPTY_BELOW * total and clock() - oldest > PATIENCE:
            raise GraphUnavailable(
                f"the graph holds {total - behind:,} of {total:,} records, {behind:,} behind: it is being filled; "
                "if that does not end, run headwater rebuild graph"
            )

    return check


def _behind(graph: GraphStore, bus: Bus) -> tuple[int, int, int]:
    """Records missing in the graph, all records, and the arrival of the first missing one."""
    stored = {TopicPartition(*source): at for source, at in graph.offsets().items()}
    consumer = bus.consumer(group=None, topics=WRITTEN)
    try:
        ends = consumer.end_offsets()
        consumer.seek({source: stored.get(source, 0) for source in ends})
        total = sum(ends.values())
        behind = sum(max(0, end - stored.get(source, 0)) for source, end in ends.items())
        first = consumer.poll(timeout=0, max_records=1) if behind else []
        return behind, total, first[0].timestamp if first else 1 << 62
    finally:
        consumer.close()
