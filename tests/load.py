"""Clients under test conditions: they send and read until stopped, and record the responses.

Producers repeat each event until it is acknowledged, as real ones do, including the last ones: when they have
stopped, the events sent are exactly those recorded.
"""

import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import requests

from tests.patience import LONG, eventually

LAST_SECONDS = LONG
PACE = 0.1
"""Seconds between two requests of one client: faults should occur under load, not behind the backlog of a flood."""
BATCH = 20
ROUTES = (
    "/api/v1/graph/search?q=job",
    "/api/v1/runs?limit=5",
    "/api/v1/models",
    "/api/v1/stats",
    "/api/v1/alerts",
    "/api/v1/auth/me",
)
MODEL_EVENTS = "/api/v1/models/events"
Address = Callable[[], tuple[str, str]]
"""The product's current address, and the key or token to send."""


def run_event(
    job: str,
    run_id: str,
    state: str = "COMPLETE",
    *,
    space: str = "load",
    reads: str = "raw",
    writes: str | None = None,
) -> dict[str, Any]:
    """A small OpenLineage event; all names are in the namespace `space`."""
    return {
        "eventType": state,
        "eventTime": "2026-03-01T12:00:00Z",
        "producer": "https://headwater.example/load",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run_id},
        "job": {"namespace": space, "name": job},
        "inputs": [{"namespace": space, "name": reads}],
        "outputs": [{"namespace": space, "name": writes or f"{job}.out"}],
    }


def alert_rule(name: str, space: str) -> dict[str, Any]:
    """A rule on the accuracy of the model `churn` in the namespace `space`."""
    return {
        "name": name,
        "model_namespace": space,
        "model_name": "churn",
        "metric": "accuracy",
        "comparison": "below",
        "threshold": 0.8,
        "severity": "warning",
        "for_windows": 1,
    }


class Request(NamedTuple):
    """One POST and its content: runs by id, predictions and labels by number."""

    path: str
    body: bytes
    runs: tuple[str, ...] = ()
    predictions: int = 0
    labels: int = 0


def single_events(space: str) -> Iterator[Request]:
    for number in itertools.count():
        run = str(uuid.uuid4())
        yield Request("/api/v1/lineage", _json(run_event(f"job {number % 5}", run, space=space)), (run,))


def batches(space: str) -> Iterator[Request]:
    for number in itertools.count():
        runs = tuple(str(uuid.uuid4()) for _ in range(BATCH))
        events = [run_event(f"job {number % 5} of many", run, space=space) for run in runs]
        yield Request("/api/v1/lineage/batch", _json(events), runs)


def judged_predictions(space: str) -> Iterator[Request]:
    """Predictions of one model version, and after each request labels that confirm all of them."""
    model = {"namespace": space, "name": "model"}
    yield Request(MODEL_EVENTS, _json(registered(**model)))
    for number in itertools.count():
        ids = [f"{number}.{row}" for row in range(BATCH)]
        shared = {"model": model, "event_time": "2026-03-01T12:00:00Z", "classes": ["yes"] * BATCH}
        told = {**shared, "version": "1", "task": "binary", "ids": ids}
        yield Request("/api/v1/predictions", _json(told), predictions=BATCH)
        yield Request("/api/v1/labels", _json({**shared, "prediction_ids": ids}), labels=BATCH)


def registered(namespace: str, name: str) -> dict[str, str]:
    """The event that registers a model."""
    what = {"namespace": namespace, "name": name, "version": "1", "task": "binary"}
    return {**what, "action": "registered", "event_time": "2026-03-01T12:00:00Z"}


def _json(body: Any) -> bytes:
    return msgspec.json.encode(body)


class Clients:
    """Threads that run until the block ends; `refused` has every response that no client should ever get."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.refused: list[str] = []

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(LAST_SECONDS + 10)

    def _judge(self, answer: requests.Response) -> None:
        """503 with Retry-After is the only refusal that a well-formed request may get."""
        if not answer.ok and not (answer.status_code == 503 and answer.headers.get("Retry-After")):
            self.refused.append(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:300]}")


class Producers(Clients):
    """One thread for each kind of request."""

    def __init__(self, address: Address, *, space: str = "load", runs_only: bool = False) -> None:
        super().__init__()
        self._address, self.space = address, space
        self.acknowledged: set[str] = set()
        self.predictions = self.labels = 0
        kinds = [single_events, batches, batches] if runs_only else [single_events, batches, judged_predictions]
        self._threads = [threading.Thread(target=self._send, args=(kind(space),), daemon=True) for kind in kinds]

    def __enter__(self) -> "Producers":
        super().__enter__()
        return self

    def await_acknowledged(self, *, more: int) -> None:
        """Wait until so many more runs are acknowledged."""
        wanted = len(self.acknowledged) + more
        eventually(lambda: len(self.acknowledged) >= wanted)

    def _send(self, requested: Iterator[Request]) -> None:
        with requests.Session() as session:
            for request in requested:
                self._until_acknowledged(session, request)
                if self._stop.wait(PACE):
                    return

    def _until_acknowledged(self, session: requests.Session, request: Request) -> None:
        give_up = None
        while give_up is None or time.monotonic() < give_up:
            if give_up is None and self._stop.is_set():
                give_up = time.monotonic() + LAST_SECONDS
            url, key = self._address()
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            try:
                answer = session.post(url + request.path, data=request.body, headers=headers, timeout=LONG)
            except requests.RequestException:
                time.sleep(0.02)
                continue
            if answer.ok:
                with self._lock:
                    self.acknowledged.update(request.runs)
                    self.predictions += request.predictions
                    self.labels += request.labels
                return
            self._judge(answer)
            time.sleep(0.05)
        self.refused.append(f"never acknowledged: {request.path}")


class Readers(Clients):
    """Users who read everything meanwhile. `address` provides access tokens."""

    def __init__(self, address: Address) -> None:
        super().__init__()
        self._address = address
        self.answered = 0
        self._threads = [threading.Thread(target=self._ask, daemon=True)]

    def __enter__(self) -> "Readers":
        super().__enter__()
        return self

    def _ask(self) -> None:
        with requests.Session() as session:
            for route in itertools.cycle(ROUTES):
                if self._stop.wait(0.05):
                    return
                url, token = self._address()
                try:
                    answer = session.get(url + route, headers={"Authorization": f"Bearer {token}"}, timeout=LONG)
                except requests.RequestException as error:
                    self.refused.append(f"GET {route}: {error}")
                    continue
                self.answered += answer.ok
                self._judge(answer)
