import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from headwater.alerting import database, tables
from headwater.alerting.notify import Notifier, Post, payload, webhook
from headwater.alerting.rules import Change, event
from headwater.bus.errors import Transient
from headwater.contracts.metrics import Window

from .results import DAY, MODEL_ID, Feed, low_accuracy, result


class Receiver:
    """A real HTTP server on loopback that answers as told and keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Any]] = []
        self.status = 200
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.headers["Content-Type"], json.loads(body)))
                self.send_response(receiver.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000 * DAY

    def __call__(self) -> int:
        return self.now


def fired(engine: sa.Engine) -> Feed:
    feed = Feed(engine)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.25))
    return feed


def statuses(engine: sa.Engine) -> list[tuple[str, int]]:
    with database.reading(engine) as connection:
        table = tables.notifications
        rows = connection.execute(sa.select(table.c.status, table.c.attempts).order_by(table.c.sequence))
        return [(row.status, row.attempts) for row in rows]


@pytest.mark.loopback
def test_a_firing_alert_is_posted_as_alertmanager_posts_it(engine: sa.Engine, receiver: Receiver) -> None:
    fired(engine)
    notifier = Notifier(engine, webhook(receiver.url, timeout=10), external_url="https://hw.example/")
    assert notifier.send_due() == 1
    assert notifier.send_due() == 0
    ((media, body),) = receiver.got
    assert media == "application/json"
    assert (body["version"], body["status"], body["receiver"], body["truncatedAlerts"]) == (
        "4",
        "firing",
        "headwater",
        0,
    )
    assert set(body) == {
        "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels",
        "commonLabels", "commonAnnotations", "externalURL", "alerts",
    }  # fmt: skip
    (alert,) = body["alerts"]
    assert set(alert) == {"status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}
    assert alert["labels"]["alertname"] == "accuracy too low"
    assert alert["labels"]["severity"] == "critical"
    assert alert["startsAt"] == "1970-01-02T00:00:00.000000Z"
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert alert["generatorURL"] == f"https://hw.example/models/{MODEL_ID}"
    assert alert["annotations"]["summary"] == "accuracy of churn 3 is 0.25"
    assert statuses(engine) == [("sent", 1)]


@pytest.mark.loopback
@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_a_receiver_that_refuses_is_asked_again_later(engine: sa.Engine, receiver: Receiver, status: int) -> None:
    fired(engine)
    clock = Clock()
    counted: list[str] = []
    notifier = Notifier(engine, webhook(receiver.url, timeout=10), clock=clock, counted=counted.append)
    receiver.status = status
    assert notifier.send_due() == 1
    assert notifier.send_due() == 0
    receiver.status = 204
    clock.now += 60_000_000
    assert notifier.send_due() == 1
    assert statuses(engine) == [("sent", 2)]
    assert counted == ["retried", "sent"]


@pytest.mark.loopback
def test_a_receiver_that_is_away_costs_an_attempt_and_nothing_else(engine: sa.Engine, receiver: Receiver) -> None:
    fired(engine)
    receiver.close()
    notifier = Notifier(engine, webhook(receiver.url, timeout=10), clock=Clock())
    assert notifier.send_due() == 1
    assert statuses(engine) == [("waiting", 1)]
    receiver.__init__()  # type: ignore[misc]  # the fixture closes it again


def test_after_many_attempts_it_is_given_up_and_kept_as_history(engine: sa.Engine) -> None:
    fired(engine)
    clock = Clock()

    def refuse(body: bytes) -> None:
        raise ConnectionError("no")

    notifier = Notifier(engine, refuse, clock=clock)
    while notifier.send_due():
        clock.now += DAY
    assert statuses(engine) == [("failed", 20)]


def test_what_a_newer_state_overtook_is_never_sent(engine: sa.Engine) -> None:
    feed = fired(engine)
    feed.take(result(1, 0.9))
    sent: list[Any] = []
    take: Post = lambda body: sent.append(json.loads(body)["status"])  # noqa: E731
    Notifier(engine, take, clock=Clock()).send_due()
    assert sent == ["resolved"]
    assert statuses(engine) == [("superseded", 0), ("sent", 1)]


def test_the_running_notifier_ends_at_the_signal(engine: sa.Engine) -> None:
    fired(engine)
    stop = threading.Event()
    thread = threading.Thread(
        target=Notifier(engine, lambda body: stop.set(), clock=Clock(), stop=stop).run, kwargs={"period": 0.001}
    )
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert statuses(engine) == [("sent", 1)]


def test_firing_and_resolved_share_a_fingerprint() -> None:
    made = [
        payload(event(low_accuracy(), "3", Change(s, Window(0, DAY), 1, None, 0), emitted_at=1))
        for s in ("firing", "resolved")
    ]
    assert len({body["alerts"][0]["fingerprint"] for body in made}) == 1
    assert "undefined" in made[0]["alerts"][0]["annotations"]["summary"]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "nonsense"])
def test_only_http_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="webhook_url"):
        webhook(url, timeout=1)


def test_what_cannot_be_recorded_is_not_sent_again_and_again(engine: sa.Engine) -> None:
    fired(engine)
    posted: list[bytes] = []
    notifier = Notifier(engine, posted.append)
    refused = [True]
    sa.event.listen(engine, "begin", lambda connection: _set_read_only(connection, refused[0]))
    with pytest.raises(Transient):
        notifier.send_due()
    assert posted == []
    refused[0] = False
    assert notifier.send_due() == 1
    assert len(posted) == 1
    assert statuses(engine) == [("sent", 1)]


def _set_read_only(connection: sa.Connection, refused: bool) -> None:
    connection.exec_driver_sql(f"PRAGMA query_only={int(refused)}")
