"""The log as the front process uses it: who waits for the disk in a turn lets other requests go on."""

import time
from collections.abc import Sequence
from concurrent.futures import Future

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing, Position, Producer
from headwater.runtime import turns


class TurnBus(EmbeddedBus):
    """The embedded bus, whose producers may be used in turns."""

    def producer(self) -> Producer:
        return TurnProducer(super().producer())


class TurnProducer:
    """Waits in a turn without blocking its thread; elsewhere as the producer it is given."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    def send(self, record: Outgoing) -> "Future[Position]":
        return self._producer.send(record)

    def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        if not turns.in_turn():
            return self._producer.send_all(records, timeout=timeout)
        deadline = time.monotonic() + timeout
        waiting = [self._producer.send(record) for record in records]
        try:
            return [turns.result(sent, max(0.0, deadline - time.monotonic())) for sent in waiting]
        except TimeoutError:
            raise Unavailable(f"not on disk after {timeout:g} s") from None

    def close(self) -> None:
        self._producer.close()
