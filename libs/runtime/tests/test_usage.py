from typing import NamedTuple

import pytest

from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.telemetry.usage import UsageSeries


class Measured(NamedTuple):
    free: int
    size: int
    topics: dict[str, int]


def test_disk_and_topics_become_series_and_what_is_kafkas_own_does_not() -> None:
    metrics = Telemetry("example")
    UsageSeries(metrics, lambda: Measured(5, 9, {"t": 3, "__consumer_offsets": 4})).measure()
    shown = metrics.render().decode()
    assert 'headwater_disk_free_bytes{service="example"} 5.0' in shown
    assert 'headwater_disk_size_bytes{service="example"} 9.0' in shown
    assert 'headwater_log_bytes{service="example",topic="t"} 3.0' in shown
    assert "__consumer_offsets" not in shown


def test_unavailable_measurements_leave_the_series_unchanged() -> None:
    def away() -> Measured:
        raise OSError("away")

    metrics = Telemetry("example")
    with pytest.raises(OSError, match="away"):
        UsageSeries(metrics, away).measure()
    assert b"headwater_disk" not in metrics.render()
