"""Restarts dead processes, as a container engine would: with increasing pauses and a limit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from headwater.local.errors import StartError

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
CALM_SECONDS = 5.0
"""Ready, and alive for this long: earlier failures are forgotten."""
MOST_STARTS = 8
_ASK_AGAIN = 1.0


class Startable(Protocol):
    """A program of ours or a server."""

    name: str

    @property
    def log(self) -> Path: ...

    @property
    def put_down(self) -> bool:
        """It was stopped on purpose."""
        ...

    def running(self) -> bool: ...

    def ready(self) -> bool: ...

    def relaunch(self) -> None:
        """End its remaining processes and start it, without waiting for it. Raises StartError."""
        ...

    def last_log_lines(self) -> str: ...


@dataclass
class Watched:
    """One of them under watch. All times are on one monotonic clock."""

    thing: Startable
    say: Callable[[str], None]
    _starts: int = field(default=0, init=False)
    _began: float = field(default=0.0, init=False)
    _not_before: float = field(default=0.0, init=False)
    _ask_at: float = field(default=0.0, init=False)
    _was_ready: bool = field(default=True, init=False)
    _said: bool = field(default=False, init=False)

    def turn(self, now: float) -> bool:
        """True when it was restarted now. Raises StartError after too many failed restarts in a row."""
        if self._is_put_down() or now < self._not_before:
            return False
        if self.thing.running():
            self._look(now)
            return False
        if self._starts == MOST_STARTS:
            raise StartError(
                f"{self.thing.name} keeps dying: {MOST_STARTS} starts in a row failed, so everything is "
                f"stopped\n{self.thing.last_log_lines()}"
            )
        self._start(now)
        return True

    def _is_put_down(self) -> bool:
        put_down = self.thing.put_down
        if put_down and not self._said:
            self.say(f"{self.thing.name} was stopped on purpose and is left alone until it is started again")
        self._said = put_down
        return put_down

    def _look(self, now: float) -> None:
        """Forget earlier deaths once it does its work again."""
        if not self._starts:
            return
        if not self._was_ready and now >= self._ask_at:
            self._ask_at = now + _ASK_AGAIN
            self._was_ready = self.thing.ready()
        if self._was_ready and now - self._began >= CALM_SECONDS:
            self._starts = 0

    def _start(self, now: float) -> None:
        self._not_before = now + min(FIRST_PAUSE * 2**self._starts, LONGEST_PAUSE)
        self._starts += 1
        self._began, self._was_ready = now, False
        try:
            self.thing.relaunch()
        except StartError as error:
            self.say(f"{self.thing.name} ended and could not be started again: {error}; its log is {self.thing.log}")
        else:
            self.say(f"{self.thing.name} ended and was started again; its log is {self.thing.log}")
