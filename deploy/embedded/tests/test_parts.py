from collections.abc import Iterator

import msgspec
import pytest

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing
from headwater.contracts.storage import Damaged
from headwater.embedded.data_dir import DataDir
from headwater.embedded.faults import EXIT_DAMAGED, EXIT_NO_ROOM, Faults, exit_code, read_faults
from headwater.embedded.parts import (
    PATIENCE,
    WRITTEN,
    Part,
    graph_filled,
    none_stopped,
    part,
    refusing,
    require_present,
)
from headwater.graph.errors import GraphUnavailable
from headwater.graph.port import Source
from headwater.graph.sqlite import EmbeddedGraph

DAMAGE = Damaged("/data/x.db", "malformed", "restore it")


@pytest.fixture
def bus(data: DataDir) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(data.bus, fsync=False, clock=lambda: 0)
    bus.create_topics(dict.fromkeys(WRITTEN, 1))
    yield bus
    bus.close()


@pytest.fixture
def graph(data: DataDir) -> Iterator[EmbeddedGraph]:
    graph = EmbeddedGraph(data.graph)
    graph.ensure_schema()
    graph.acquire("test")
    yield graph
    graph.close()


def test_an_empty_graph_over_a_log_whose_records_wait_is_not_ready(bus: EmbeddedBus, graph: EmbeddedGraph) -> None:
    now = [0]
    check = graph_filled(graph, bus, clock=lambda: now[0])
    check()
    bus.producer().send_all([Outgoing("lineage.events", None, b"{}")] * 1_000, timeout=30)
    now[0] = PATIENCE
    check()
    now[0] += 1
    with pytest.raises(GraphUnavailable, match=r"0 of 1,000 records, 1,000 behind.*headwater rebuild graph"):
        check()
    graph.apply([], {Source("lineage.events", 0): 99})
    with pytest.raises(GraphUnavailable, match=r"99 of 1,000 records, 901 behind"):
        check()
    graph.apply([], {Source("lineage.events", 0): 101})
    check()


def test_a_damaged_part_is_reported_once_and_refuses_by_name(data: DataDir) -> None:
    faults = Faults(data, "front")
    assert not faults

    def make() -> Part:
        raise DAMAGE

    made = part("metrics-engine", make, faults)
    faults.report("metrics-engine", DAMAGE)
    assert [str(fault) for fault in read_faults(data)] == [
        "metrics-engine stopped: /data/x.db is damaged (malformed): restore it"
    ]
    with pytest.raises(Damaged):
        made.check()
    with pytest.raises(RuntimeError, match="metrics-engine stopped"):
        none_stopped(data)()
    assert not Faults(data, "front")
    none_stopped(data)()


def test_a_refusal_is_a_problem_with_file_and_remedy() -> None:
    told: dict[str, object] = {}

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
        told.update(headers, status=status)
        return None

    body = msgspec.json.decode(b"".join(refusing(DAMAGE)({}, start_response)))  # type: ignore[arg-type]
    assert str(told["status"]).startswith("503 ")
    assert told["Retry-After"] == "60"
    assert (body["type"], body["detail"]) == (
        "urn:headwater:problem:damaged",
        "/data/x.db is damaged (malformed): restore it.",
    )


def test_a_database_that_was_set_up_must_be_there(data: DataDir) -> None:
    require_present(data, "auth")  # a first start makes it
    data.set_up.touch()
    with pytest.raises(Damaged, match=r"auth\.db is damaged \(it is missing\): .*backup.*headwater migrate"):
        require_present(data, "auth")
    data.database("auth").touch()
    with pytest.raises(Damaged, match="it is empty"):
        require_present(data, "auth")
    data.database("auth").write_bytes(b"x")
    require_present(data, "auth")


def test_the_exit_code_shows_whether_a_restart_can_help() -> None:
    assert exit_code(DAMAGE) == EXIT_DAMAGED
    assert exit_code(OSError(28, "No space left on device")) == EXIT_NO_ROOM
    assert exit_code(OSError(2, "No such file")) == exit_code(ValueError()) == 1
