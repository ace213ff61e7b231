import threading

from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.meter import Meter
from tests.patience import LONG


def test_it_measures_everything_again_and_again_until_it_is_stopped() -> None:
    stop, third = StopSignal(), threading.Event()
    counts = [0, 0]

    def first() -> None:
        counts[0] += 1
        raise OSError("never works")

    def second() -> None:
        counts[1] += 1
        if counts[1] == 3:
            third.set()
            stop.set()

    meter = Meter([first, second], stop=stop, seconds=0.001)
    meter.start()
    assert third.wait(LONG)
    assert counts == [3, 3]
