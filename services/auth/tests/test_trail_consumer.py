"""Actions of other services are added to the trail once each, in any order and however often they arrive."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.auth import trail
from headwater.auth.app import request_of
from headwater.auth.database import DATABASE
from headwater.auth.handlers import AuditHandler
from headwater.auth.store import Store
from headwater.auth.tables import audit, counters, offsets
from headwater.bus.errors import Poison
from headwater.bus.port import Record, TopicPartition
from headwater.contracts.audit import AuditEvent
from headwater.contracts.topics import AUDIT_EVENTS

SOURCE = TopicPartition(AUDIT_EVENTS, 0)


def event(number: int) -> AuditEvent:
    return AuditEvent(
        id=f"event {number}",
        at=number,
        actor="user:u1",
        action="alert_rule.create",
        object=f"alert-rule:{number}",
        outcome="done",
        service="alerting",
        detail={"request": f"r{number}"},
    )


def record(value: bytes, offset: int = 0) -> Record:
    return Record(*SOURCE, offset, b"user:u1", value, (), 0)


def test_the_log_names_an_act_by_the_request_through_which_it_was_done() -> None:
    by_itself = msgspec.structs.replace(event(8), detail={})
    told = [request_of(record(b""), found) for found in (event(7), by_itself, None)]
    assert told == ["r7", "", ""]


def handle(handler: AuditHandler, numbers: Sequence[int], *, first: int = 0) -> None:
    records = [record(msgspec.json.encode(event(number)), first + place) for place, number in enumerate(numbers)]
    handler.handle([(found, handler.decode(found)) for found in records], {SOURCE: first + len(numbers)})


def chain(store: Store) -> list[trail.Sealed]:
    with store.reading() as connection:
        return trail.read(connection)


def forget(store: Store) -> None:
    """Empty the trail for the next example; only a test may do that."""
    with store.writing() as connection:
        for act in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_keeps_{act}")
        connection.execute(audit.delete())
        connection.execute(offsets.delete())
        connection.execute(counters.update().where(counters.c.name == trail.COUNTER).values(value=0))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(st.integers(0, 12), max_size=30),
    cuts=st.lists(st.integers(1, 7), min_size=1, max_size=8),
    own=st.integers(0, 3),
)
def test_order_and_repetition_end_in_the_same_content_and_an_unbroken_chain(
    store: Store, numbers: list[int], cuts: list[int], own: int
) -> None:
    forget(store)
    handler, first, turn = AuditHandler(store.engine), 0, 0
    while first < len(numbers):
        size = cuts[turn % len(cuts)]
        handle(handler, numbers[first : first + size], first=first)
        if turn < own:
            with store.writing() as connection:
                trail.record(connection, trail.Act("cli", "user.create", "user:u2"), now=turn)
        first, turn = first + size, turn + 1
    found = chain(store)
    others = [sealed.event for sealed in found if sealed.event.service == "alerting"]
    assert sorted(others, key=lambda kept: kept.at) == [event(number) for number in sorted(set(numbers))]
    assert len(found) == len(others) + min(own, turn)
    assert trail.first_broken(found) is None


def test_rows_and_offset_move_together_or_not_at_all(store: Store) -> None:
    handler = AuditHandler(store.engine)
    handle(handler, [1, 2])
    assert handler.positions() == {SOURCE: 2}
    with store.writing() as connection:
        connection.execute(sa.text("ALTER TABLE offsets RENAME TO offsets_elsewhere"))
    with pytest.raises(Exception, match="offsets"):
        handle(handler, [3], first=2)
    with store.writing() as connection:
        connection.execute(sa.text("ALTER TABLE offsets_elsewhere RENAME TO offsets"))
    assert [sealed.event.id for sealed in chain(store)] == ["event 1", "event 2"]
    assert handler.positions() == {SOURCE: 2}


def test_an_old_member_cannot_move_the_offset_back(store: Store) -> None:
    handler = AuditHandler(store.engine)
    handle(handler, [1, 2, 3])
    handle(handler, [1])
    assert handler.positions() == {SOURCE: 3}
    assert len(chain(store)) == 3


@pytest.mark.parametrize(
    "value", [b"garbage", b"{}", b'{"id":1}', msgspec.json.encode(msgspec.structs.replace(event(1), service="auth"))]
)
def test_what_is_no_act_of_another_service_is_poison(store: Store, value: bytes) -> None:
    with pytest.raises(Poison):
        AuditHandler(store.engine).decode(record(value))


def test_two_programs_append_to_one_unbroken_chain(store: Store) -> None:
    """The front records its own actions while the workers add those of others; two members may overlap, too."""

    def own(number: int) -> None:
        with store.writing() as connection:
            trail.record(connection, trail.Act("cli", "user.create", "user:u2"), now=number)

    def others(first: int) -> None:
        engine = DATABASE.connect(store.engine.url.render_as_string(hide_password=False))
        handle(AuditHandler(engine), range(first, first + 10), first=first)
        engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(own, number) for number in range(20)]
        tasks += [pool.submit(others, first) for first in (0, 5, 10, 15)]
        for task in tasks:
            task.result()
    found = chain(store)
    assert trail.first_broken(found) is None
    assert len(found) == 20 + 25
