"""Everything that `make test` runs, as make targets in two lanes: cheap failures first, durations at the end.

Each step's output is kept and printed when the step ends: all of it when it failed, else its closing lines.
After a failure nothing is started that needs servers or browsers; what is cheap still runs, to be reported at once.
"""

import subprocess
import sys
import threading
import time
from collections import deque
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


class Check:
    """Runs steps; the lanes share one list and one printer."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self._turn = threading.Lock()

    def lane(self, steps: deque[Step]) -> None:
        while True:
            try:
                step = steps.popleft()
            except IndexError:
                return
            self.run(step)

    def run(self, step: Step) -> None:
        log = LOGS / f"{step.target}.log"
        began = time.monotonic()
        with log.open("wb") as output:
            code = subprocess.run(
                ["make", "--no-print-directory", step.target],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
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


def main() -> int:
    """Exit code 0 when every step passed."""
    LOGS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    check = Check()
    cheap = deque(step for step in STEPS if not step.alone)
    lanes = [threading.Thread(target=check.lane, args=(cheap,)) for _ in range(2)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    skipped = []
    for step in (step for step in STEPS if step.alone):
        if check.failed:
            skipped.append(step.target)
        else:
            check.run(step)
    report(check, skipped, time.monotonic() - began)
    return 1 if check.failed else 0


def report(check: Check, skipped: list[str], seconds: float) -> None:
    print("\nstep             seconds")
    for outcome in check.outcomes:
        print(f"{outcome.step.target:<16} {outcome.seconds:7.0f}  {'' if outcome.passed else 'FAILED'}")
    for target in skipped:
        print(f"{target:<16}          not run")
    print(f"{'all':<16} {seconds:7.0f}")
    if check.failed:
        print(f"failed: {', '.join(check.failed)}; their logs are in {LOGS.relative_to(ROOT)}/")


if __name__ == "__main__":
    sys.exit(main())
