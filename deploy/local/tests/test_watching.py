"""Dead processes are restarted: after increasing pauses, not for ever, and not if they were stopped on purpose."""

from itertools import pairwise
from pathlib import Path

import pytest

from headwater.local.distributed.watching import CALM_SECONDS, LONGEST_PAUSE, MOST_STARTS, Watched
from headwater.local.errors import StartError

EIGHTHS = [step / 8 for step in range(10_000)]
"""Moments of the clock, exact in binary."""


class Thing:
    """Runs until it is killed; `mortal` ones die when they start."""

    name = "thing"
    log = Path("thing.log")

    def __init__(self, *, mortal: bool = False, startable: bool = True) -> None:
        self.mortal, self.startable = mortal, startable
        self.put_down = self.lives = False
        self.is_ready = True

    def running(self) -> bool:
        return self.lives

    def ready(self) -> bool:
        return self.lives and self.is_ready

    def relaunch(self) -> None:
        if not self.startable:
            raise StartError("cannot start thing: no such file")
        self.lives = not self.mortal

    def last_log_lines(self) -> str:
        return "last words"


def watch(thing: Thing, lines: list[str]) -> Watched:
    return Watched(thing, lines.append)


def test_what_lives_is_left_alone() -> None:
    thing = Thing()
    lines: list[str] = []
    thing.lives = True
    assert not any(watch(thing, lines).turn(now) for now in EIGHTHS[:100])
    assert lines == []


def test_what_died_is_started_at_once_and_said_in_one_line_with_its_log() -> None:
    thing = Thing()
    lines: list[str] = []
    assert watch(thing, lines).turn(0.0)
    assert thing.lives
    assert lines == ["thing ended and was started again; its log is thing.log"]


@pytest.mark.parametrize("thing", [Thing(mortal=True), Thing(startable=False)], ids=["dies", "cannot start"])
def test_what_keeps_dying_is_started_after_ever_longer_pauses_and_given_up(thing: Thing) -> None:
    lines: list[str] = []
    starts: list[float] = []
    watched = watch(thing, lines)
    with pytest.raises(StartError, match=r"thing keeps dying[^\0]*last words"):
        starts.extend(now for now in EIGHTHS if watched.turn(now))
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert pauses == sorted(pauses)
    assert pauses[-1] >= LONGEST_PAUSE
    assert len(starts) == len(lines) == MOST_STARTS


def test_what_became_ready_and_stayed_has_its_earlier_deaths_forgotten() -> None:
    thing = Thing()
    lines: list[str] = []
    watched, now = watch(thing, lines), 0.0
    for _ in range(3 * MOST_STARTS):
        thing.lives = False
        assert watched.turn(now)
        watched.turn(now + CALM_SECONDS)
        now += CALM_SECONDS + LONGEST_PAUSE


def test_what_never_becomes_ready_is_given_up_however_long_it_lives() -> None:
    thing = Thing()
    lines: list[str] = []
    thing.is_ready = False
    watched, now = watch(thing, lines), 0.0
    for _ in range(MOST_STARTS):
        thing.lives = False
        assert watched.turn(now)
        watched.turn(now + CALM_SECONDS)
        now += CALM_SECONDS + LONGEST_PAUSE
    thing.lives = False
    with pytest.raises(StartError, match="keeps dying"):
        watched.turn(now)


def test_what_was_stopped_on_purpose_is_left_alone_and_that_is_said_once() -> None:
    thing = Thing()
    lines: list[str] = []
    thing.put_down = True
    watched = watch(thing, lines)
    assert not any(watched.turn(now) for now in EIGHTHS[:100])
    assert lines == ["thing was stopped on purpose and is left alone until it is started again"]
    thing.put_down, thing.lives = False, True
    watched.turn(21.0)
    thing.put_down = True
    watched.turn(22.0)
    assert len(lines) == 2
