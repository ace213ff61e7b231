"""Everything that `make test` runs, as make targets in two lanes: cheap failures first, durations at the end.

Each step's output is kept and printed when the step ends: its last 600 lines when it failed, else its closing lines.
After a failure nothing is started that needs servers or browsers; what is cheap still runs, to be reported at once.
`--keep-going` runs every step whatever failed before.
"""

import argparse
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".cache" / "logs"
CLOSING_LINES = 3


@dataclass(frozen=True)
class Step:
    """A make target. `alone`: it starts servers or measures time to be ready, and runs without company."""

    target: str
    alone: bool = False


STEPS = (
    Step("lint"),
    Step("types"),
    Step("architecture"),
    Step("frontend-check"),
    Step("unit"),
    Step("unit-slow"),
    Step("docs"),
    Step("contract", alone=True),
    Step("integration", alone=True),
    Step("e2e", alone=True),
)


@dataclass(frozen=True)
class Outcome:
    step: Step
    seconds: float
    passed: bool


def make(target: str, log: Path) -> int:
    """The exit code of a target; what it prints goes to the log. Our own ARGS are not its."""
    with log.open("wb") as output:
        return subprocess.run(
            ["make", "--no-print-directory", target, "ARGS="],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


class Check:
    """Runs steps; the lanes share one list and one printer."""

    def __init__(self, act: Callable[[str, Path], int] = make, logs: Path = LOGS) -> None:
        self.outcomes: list[Outcome] = []
        self.skipped: list[str] = []
        self._act, self._logs = act, logs
        self._turn = threading.Lock()

    def all(self, *, keep_going: bool) -> None:
        """The cheap steps in two lanes, then those that need the machine for themselves."""
        self._logs.mkdir(parents=True, exist_ok=True)
        cheap = deque(step for step in STEPS if not step.alone)
        lanes = [threading.Thread(target=self.lane, args=(cheap,)) for _ in range(2)]
        for lane in lanes:
            lane.start()
        try:
            for lane in lanes:
                lane.join()
        except KeyboardInterrupt:
            cheap.clear()  # the steps that run were interrupted too, and end
            raise
        for step in (step for step in STEPS if step.alone):
            if self.failed and not keep_going:
                self.skipped.append(step.target)
            else:
                self.run(step)

    def lane(self, steps: deque[Step]) -> None:
        while True:
            try:
                step = steps.popleft()
            except IndexError:
                return
            self.run(step)

    def run(self, step: Step) -> None:
        log = self._logs / f"{step.target}.log"
        began = time.monotonic()
        code = self._act(step.target, log)
        outcome = Outcome(step, time.monotonic() - began, code == 0)
        with self._turn:
            self.outcomes.append(outcome)
            show(outcome, log.read_text(errors="replace"))

    @property
    def failed(self) -> list[str]:
        return [outcome.step.target for outcome in self.outcomes if not outcome.passed]


def show(outcome: Outcome, text: str) -> None:
    print(
        f"\n== {outcome.step.target}: {'passed' if outcome.passed else 'FAILED'} in {outcome.seconds:.0f} s", flush=True
    )
    lines = text.rstrip().splitlines()
    print("\n".join(lines[-CLOSING_LINES:] if outcome.passed else lines[-600:]), flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 when every step passed."""
    parser = argparse.ArgumentParser(prog="make test", description="Run everything; ARGS=--keep-going for more.")
    parser.add_argument("--keep-going", action="store_true", help="run every step, whatever failed before")
    options = parser.parse_args(argv)
    began = time.monotonic()
    check = Check()
    check.all(keep_going=options.keep_going)
    report(check, time.monotonic() - began)
    return 1 if check.failed else 0


def report(check: Check, seconds: float) -> None:
    print("\nstep             seconds")
    for outcome in check.outcomes:
        print(f"{outcome.step.target:<16} {outcome.seconds:7.0f}  {'' if outcome.passed else 'FAILED'}")
    for target in check.skipped:
        print(f"{target:<16}          not run (make test ARGS=--keep-going runs it)")
    print(f"{'all':<16} {seconds:7.0f}")
    if check.failed:
        print(f"failed: {', '.join(check.failed)}; their logs are in {LOGS.relative_to(ROOT)}/")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
