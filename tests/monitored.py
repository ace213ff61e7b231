"""A real Prometheus and a real Alertmanager for a product, with its own rules and shortened times."""

import http.server
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from headwater.local.monitoring.programs import find, monitoring
from headwater.local.ports import free_port
from tests.patience import LONG, eventually


class Alerts:
    """The last state that Alertmanager sent, firing or resolved, by alert and labels."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def take(self, message: Mapping[str, Any]) -> None:
        with self._lock:
            for alert in message["alerts"]:
                name = alert["labels"]["alertname"]
                self._states[name, json.dumps(alert["labels"], sort_keys=True)] = alert["status"]

    def firing(self) -> set[str]:
        with self._lock:
            return {name for (name, _), state in self._states.items() if state == "firing"}

    def heard_of(self) -> set[str]:
        with self._lock:
            return {name for name, _ in self._states}

    def await_firing(self, *names: str) -> None:
        eventually(lambda: self.firing() >= set(names), seconds=LONG)

    def await_resolved(self, *names: str) -> None:
        eventually(lambda: self.heard_of() >= set(names) and not self.firing() & set(names), seconds=LONG)


@contextmanager
def alerts_of(targets: Mapping[str, str], directory: Path, *, factor: float) -> Iterator[Alerts]:
    """Scrape `targets` (`host:port` by program) and evaluate the product's rules with times multiplied by `factor`."""
    installed = find()
    assert installed is not None, "install them: deploy/setup/require prometheus prometheus-alertmanager"
    alerts = Alerts()
    with ExitStack() as stack:
        webhook = stack.enter_context(_receiver(alerts))
        programs = monitoring(
            installed, directory, targets, port=free_port, logs=directory, factor=factor, webhook=webhook
        )
        for program in programs:
            program.launch()
            stack.callback(program.stop)
        _await_ready(programs)
        yield alerts


def _await_ready(programs: Iterable[Any]) -> None:
    for program in programs:
        eventually(program.ready)


@contextmanager
def _receiver(alerts: Alerts) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            alerts.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing: tests assert what arrived."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
