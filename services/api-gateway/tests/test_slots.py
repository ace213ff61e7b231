"""Limits on the number of streams, in total and per user."""

from headwater.api_gateway.stream import Slots
from headwater.runtime.telemetry.series import Telemetry


def test_a_reader_has_a_share_and_all_together_a_limit() -> None:
    metrics = Telemetry("stream")
    slots = Slots(5, metrics, each=2)
    assert [slots.take("ada"), slots.take("ada")] == [None, None]
    assert slots.take("ada") == "You have 2 streams open already"
    assert [slots.take("bob"), slots.take("bob"), slots.take("cid")] == [None, None, None]
    assert slots.take("cid") == "All 5 streams are taken"
    assert b'headwater_stream_clients{service="stream"} 5.0' in metrics.render()


def test_a_stream_that_ends_leaves_its_place() -> None:
    slots = Slots(2, Telemetry("stream"), each=1)
    for _ in range(10):
        assert slots.take("ada") is None
        slots.release("ada")
    assert slots.take("ada") is None
