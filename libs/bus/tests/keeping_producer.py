"""A producer that records what it is given."""

from collections.abc import Sequence
from concurrent.futures import Future

from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing, Position


class KeepingProducer:
    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.failures = 0

    def send(self, record: Outgoing) -> "Future[Position]":
        done: Future[Position] = Future()
        done.set_result(self.send_all([record], timeout=1)[0])
        return done

    def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        if self.failures:
            self.failures -= 1
            raise Unavailable("away")
        self.sent += records
        return [Position(record.topic, 0, len(self.sent)) for record in records]

    def close(self) -> None: ...
