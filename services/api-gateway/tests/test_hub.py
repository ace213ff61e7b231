import threading

import pytest

from headwater.api_gateway.hub import Hub
from headwater.api_gateway.signals import Signal
from headwater.contracts.api.stream import GraphSignal


def change(number: int) -> Signal:
    return Signal("graph", None, GraphSignal(change=number))


@pytest.fixture
def hub() -> Hub:
    return Hub(size=3)


def test_a_reader_gets_what_came_after_its_place(hub: Hub) -> None:
    hub.publish([change(1), change(2)])
    assert [number for number, _ in hub.after(1, timeout=0) or []] == [2]


def test_a_reader_that_is_up_to_date_gets_nothing_when_its_time_is_over(hub: Hub) -> None:
    hub.publish([change(1)])
    assert hub.after(1, timeout=0) == []


def test_a_reader_that_fell_behind_the_ring_is_reset(hub: Hub) -> None:
    hub.publish(change(n) for n in range(5))
    assert hub.after(1, timeout=0) is None
    assert [number for number, _ in hub.after(2, timeout=0) or []] == [3, 4, 5]


def test_a_waiting_reader_wakes_when_records_arrive(hub: Hub) -> None:
    got: list[int] = []
    reader = threading.Thread(target=lambda: got.extend(n for n, _ in hub.after(0, timeout=30) or []))
    reader.start()
    hub.publish([change(1)])
    reader.join(30)
    assert got == [1]


def test_closing_wakes_every_reader(hub: Hub) -> None:
    reader = threading.Thread(target=lambda: hub.after(0, timeout=30))
    reader.start()
    hub.close()
    reader.join(30)
    assert not reader.is_alive()


def test_a_place_is_resumed_by_the_hub_that_gave_it(hub: Hub) -> None:
    hub.publish([change(1), change(2)])
    assert hub.resume(hub.place(1)) == 1


def test_a_place_at_the_very_start_is_resumed_while_nothing_is_lost(hub: Hub) -> None:
    place = hub.place(hub.last())
    assert hub.resume(place) == 0
    hub.publish([change(1)])
    assert hub.resume(place) == 0


@pytest.mark.parametrize("place", [None, "", "x", "0-1", "-", "a-b", "deadbeef-1"])
def test_a_place_of_another_life_is_not_resumed(hub: Hub, place: str | None) -> None:
    hub.publish([change(1)])
    assert hub.resume(place) is None


def test_a_place_out_of_the_ring_is_not_resumed(hub: Hub) -> None:
    place = hub.place(0)
    hub.publish(change(n) for n in range(5))
    assert hub.resume(place) is None


def test_a_place_in_the_future_is_not_resumed(hub: Hub) -> None:
    assert hub.resume(hub.place(7)) is None
