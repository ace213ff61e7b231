from collections.abc import Callable, Iterator

import pytest

from headwater.api_gateway.hub import Hub
from headwater.api_gateway.settings import Settings
from headwater.api_gateway.signals import Signal
from headwater.api_gateway.stream import Reader, compose
from headwater.contracts.api.stream import GraphSignal, MetricSignal
from headwater.contracts.identity import ALL, Visible
from headwater.contracts.problems import Problems
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.identity.verifier import Principal
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.problem import Problem

MakePrincipal = Callable[..., Principal]
HEARTBEAT = 15.0


class Ticking:
    """A monotonic clock that moves a step each time it is asked."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def changed(number: int) -> Signal:
    return Signal("graph", None, GraphSignal(change=number, ids=["n"]))


def measured(namespace: str) -> Signal:
    data = MetricSignal(model_id="m", version_id="v", version="1", metrics=[], window_start="a", window_end="b")
    return Signal("metric", namespace, data)


@pytest.fixture
def hub() -> Hub:
    return Hub(size=3)


@pytest.fixture
def anyone(make_principal: MakePrincipal) -> Principal:
    return make_principal("lineage:read", "metrics:read", visible=ALL)


def opened(
    hub: Hub, principal: Principal | Callable[[], Principal], *, since: str | None = None, step: float = 0.0
) -> Iterator[bytes]:
    ask = principal if callable(principal) else lambda: principal
    events = Reader(hub, ask, heartbeat=HEARTBEAT, recheck=0.0, monotonic=Ticking(step)).events(since)
    assert next(events).startswith(b"retry: ")
    return events


def test_a_new_stream_reports_its_position(hub: Hub, anyone: Principal) -> None:
    hub.publish([changed(1)])
    assert next(opened(hub, anyone)) == f"id: {hub.place(1)}\nevent: ready\ndata: {{}}\n\n".encode()


def test_changes_are_signalled_with_their_position(hub: Hub, anyone: Principal) -> None:
    events = opened(hub, anyone)
    next(events)
    hub.publish([changed(7)])
    assert next(events) == f'id: {hub.place(1)}\nevent: graph\ndata: {{"change":7,"ids":["n"]}}\n\n'.encode()


def test_a_resumed_stream_gets_what_it_missed(hub: Hub, anyone: Principal) -> None:
    hub.publish([changed(1), changed(2)])
    events = opened(hub, anyone, since=hub.place(1))
    assert b"event: ready" in next(events)
    assert b'"change":2' in next(events)


def test_a_stream_that_returns_too_late_is_reset(hub: Hub, anyone: Principal) -> None:
    assert next(opened(hub, anyone, since="another-1")).startswith(b"id: " + hub.place(0).encode() + b"\nevent: reset")


def test_a_stream_that_reads_too_slowly_is_reset(hub: Hub, anyone: Principal) -> None:
    events = opened(hub, anyone)
    next(events)
    hub.publish(changed(n) for n in range(9))
    assert b"event: reset" in next(events)
    hub.publish([changed(77)])
    assert b'"change":77' in next(events)


def test_a_quiet_stream_shows_signs_of_life(hub: Hub, anyone: Principal) -> None:
    events = opened(hub, anyone, step=HEARTBEAT)
    next(events)
    assert next(events) == b": alive\n\n"


def test_between_keep_alives_the_server_can_detect_a_closed_connection(hub: Hub, anyone: Principal) -> None:
    """A closed page must free its slot soon, as each user has a limited number."""
    events = opened(hub, anyone)
    next(events)
    assert [next(events), next(events)] == [b"", b""]


def test_nothing_outside_the_grants_is_sent(hub: Hub, make_principal: MakePrincipal) -> None:
    principal = make_principal("lineage:read", "metrics:read", visible=Visible(prefixes=("ml",)))
    events = opened(hub, principal)
    next(events)
    hub.publish([measured("hr"), measured("ml")])
    told = next(events)
    assert told.count(b"event: metric") == 1
    assert hub.place(2).encode() in told


def test_a_stream_ends_when_its_token_is_revoked(hub: Hub, anyone: Principal) -> None:
    good = True

    def authenticate() -> Principal:
        if not good:
            raise Problem(Problems.UNAUTHENTICATED, "The token was revoked.")
        return anyone

    events = opened(hub, authenticate)
    next(events)
    good = False
    hub.publish([changed(1)])
    assert list(events) == [b"event: expired\ndata: {}\n\n"]


def test_a_stream_ends_if_its_identity_cannot_be_checked(hub: Hub) -> None:
    def authenticate() -> Principal:
        raise Problem(Problems.UNAVAILABLE, "The identity feed is old.")

    events = opened(hub, authenticate)
    next(events)
    assert list(events) == []


def test_a_stream_ends_when_the_program_stops(hub: Hub, anyone: Principal) -> None:
    events = opened(hub, anyone)
    next(events)
    hub.close()
    assert list(events) == []


def test_as_many_signals_are_kept_as_the_setting_says() -> None:
    parts = Parts()
    parts.add(Settings, Settings(stream_buffer=2))
    parts.add(Telemetry, Telemetry("stream"))
    compose(parts)
    hub = parts.get(Hub)
    hub.publish(changed(number) for number in range(5))
    assert [hub.resume(hub.place(number)) for number in (2, 3, 4)] == [None, 3, 4]
