"""Lines that are logged without waiting."""

import io
import threading

from headwater.runtime.logs.queue import QueuedStream
from tests.patience import LONG


class Held(io.StringIO):
    """A slow disk."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.release = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        self.release.wait(LONG)
        return super().write(text)


def test_lines_come_in_order_and_closing_writes_the_last() -> None:
    target = io.StringIO()
    stream = QueuedStream(target)
    for number in range(100):
        assert stream.write(f"{number}\n") == len(f"{number}\n")
        stream.flush()
    stream.close()
    assert target.getvalue().split() == [str(number) for number in range(100)]


def test_who_logs_never_waits_and_lines_left_out_are_counted() -> None:
    target = Held()
    stream = QueuedStream(target, most=3)
    stream.write("0\n")
    assert target.entered.wait(LONG)
    for number in range(1, 10):
        stream.write(f"{number}\n")
    target.release.set()
    stream.close()
    lines = target.getvalue().splitlines()
    assert [line for line in lines if line.isdigit()] == ["0", "1", "2", "3"]
    assert next(line for line in lines if "log_lines_left_out" in line).endswith('"lines":6}')


def test_a_disk_that_fails_ends_nothing() -> None:
    class Broken(io.StringIO):
        fails = True

        def write(self, text: str) -> int:
            if self.fails:
                self.fails = False
                raise OSError("no space left")
            return super().write(text)

    target = Broken()
    stream = QueuedStream(target)
    stream.write("lost\n")
    stream.write("kept\n")
    stream.close()
    assert target.getvalue().startswith("kept\n")
    assert '"lines":1' in target.getvalue()
