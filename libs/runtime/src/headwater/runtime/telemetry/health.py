"""Readiness: one check per dependency, each with a deadline, run at most once a second."""

import threading
import time
from collections.abc import Callable
from typing import Any

from headwater.runtime.logs.redaction import redact_text

Check = Callable[[], object]
DEADLINE = 2.0
KEPT_SECONDS = 1.0
GLANCE_SECONDS = 0.5


class _Dependency:
    """One check and its last outcome. A check that hangs is not started twice."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.finished = threading.Event()
        self._starting = threading.Lock()
        self.running = False
        self.problem: str | None = "not checked yet"
        self.note: str | None = None
        self.began = 0.0

    def begin(self) -> None:
        with self._starting:
            if self.running:
                return
            self.running = True
            self.began = time.monotonic()
            self.finished.clear()
        threading.Thread(target=self._run, name="health", daemon=True).start()

    def _run(self) -> None:
        try:
            result = self.check()
            self.problem, self.note = None, result if isinstance(result, str) else None
        except Exception as error:
            self.problem = redact_text(str(error) or type(error).__name__)[:600]
        finally:
            self.running = False
            self.finished.set()

    def outcome(self, deadline: float) -> dict[str, Any]:
        if not self.finished.wait(max(0.0, deadline - time.monotonic())):
            return {"ok": False, "message": f"no answer within {DEADLINE:g} s"}
        if self.problem is not None:
            return {"ok": False, "message": self.problem}
        return {"ok": True} if self.note is None else {"ok": True, "message": self.note}

    def is_up(self, within: float) -> bool:
        """By its last outcome, unless the current check has been running for longer than `within`."""
        hangs = self.running and time.monotonic() - self.began > within
        return self.problem is None and not hangs


class Health:
    """Dependencies of one program."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic, deadline: float = DEADLINE) -> None:
        self._dependencies: dict[str, _Dependency] = {}
        self._monotonic = monotonic
        self._deadline = deadline
        self._lock = threading.Lock()
        self._kept: tuple[float, bool, dict[str, Any]] | None = None

    def add(self, dependency: str, check: Check) -> None:
        """`check` raises when the dependency is down, and its message is shown; so is a text that it returns."""
        with self._lock:
            self._dependencies[dependency] = _Dependency(check)
            self._kept = None

    def ready(self) -> tuple[bool, dict[str, Any]]:
        """Whether all dependencies answer, and `{"status", "dependencies": {name: {"ok", "message"?}}}`."""
        with self._lock:
            if self._kept is None or self._monotonic() - self._kept[0] >= KEPT_SECONDS:
                self._kept = (self._monotonic(), *self._ask())
            return self._kept[1], self._kept[2]

    def glance(self) -> dict[str, bool]:
        """Which dependencies answer, without waiting: a slow check counts by its last outcome until its deadline has
        passed."""
        dependencies = dict(self._dependencies)  # without the lock, which `ready` holds while it waits
        for dependency in dependencies.values():
            dependency.begin()
        deadline = time.monotonic() + min(GLANCE_SECONDS, self._deadline)
        for dependency in dependencies.values():
            dependency.finished.wait(max(0.0, deadline - time.monotonic()))
        return {name: dependency.is_up(self._deadline) for name, dependency in dependencies.items()}

    def _ask(self) -> tuple[bool, dict[str, Any]]:
        for dependency in self._dependencies.values():
            dependency.begin()
        deadline = time.monotonic() + self._deadline
        outcomes = {name: dependency.outcome(deadline) for name, dependency in self._dependencies.items()}
        ready = all(outcome["ok"] for outcome in outcomes.values())
        return ready, {"status": "ready" if ready else "not ready", "dependencies": outcomes}
