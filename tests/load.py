"""Producers under test conditions: they send until told to stop and remember what was acknowledged."""

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

from tests.product import eventually


def run_event(
    job: str, run_id: str, state: str = "COMPLETE", *, reads: str = "raw", writes: str | None = None
) -> dict[str, Any]:
    """A small OpenLineage event of a job in namespace `load`."""
    return {
        "eventType": state,
        "eventTime": "2026-03-01T12:00:00Z",
        "producer": "https://headwater.example/load",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run_id},
        "job": {"namespace": "load", "name": job},
        "inputs": [{"namespace": "load", "name": reads}],
        "outputs": [{"namespace": "load", "name": writes or f"{job}.out"}],
    }


class Producers:
    """Threads that POST events, retry what was not acknowledged, and keep the run ids of what was."""

    def __init__(self, address: Callable[[], tuple[str, str]], *, threads: int = 3) -> None:
        self._address = address
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.acknowledged: set[str] = set()
        self.refused: list[str] = []
        self._threads = [threading.Thread(target=self._send, args=(n,), daemon=True) for n in range(threads)]

    def __enter__(self) -> "Producers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def await_acknowledged(self, *, more: int, seconds: float = 30) -> None:
        """Until so many more events than now are acknowledged. Raises AssertionError after `seconds`."""
        wanted = len(self.acknowledged) + more
        eventually(lambda: len(self.acknowledged) >= wanted, seconds=seconds)

    def _send(self, number: int) -> None:
        session = requests.Session()
        while not self._stop.is_set():
            events = [run_event(f"job{number}.{i % 5}", str(uuid.uuid4())) for i in range(1 if number == 0 else 20)]
            self._until_acknowledged(session, events)

    def _until_acknowledged(self, session: requests.Session, events: list[dict[str, Any]]) -> None:
        """The same events again and again, as real clients do, until the answer is a success."""
        path = "/api/v1/lineage" if len(events) == 1 else "/api/v1/lineage/batch"
        body: Any = events[0] if len(events) == 1 else events
        while not self._stop.is_set():
            url, key = self._address()
            try:
                answer = session.post(url + path, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=5)
            except requests.RequestException:
                time.sleep(0.02)
                continue
            if answer.ok:
                with self._lock:
                    self.acknowledged.update(event["run"]["runId"] for event in events)
                return
            if answer.status_code != 503:
                self.refused.append(f"{answer.status_code}: {answer.text[:200]}")
            time.sleep(0.05)
