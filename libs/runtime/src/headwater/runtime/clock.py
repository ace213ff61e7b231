"""The clock of a service: it is injected, so that tests can set it."""

from typing import Protocol

from headwater.contracts.times import utc_now


class Clock(Protocol):
    """Microseconds since 1970, UTC."""

    def __call__(self) -> int: ...


SYSTEM_CLOCK: Clock = utc_now
