import http.server
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from headwater.alerting.channels import webhook
from headwater.alerting.channels.port import Channel, Delivered, Retry
from headwater.alerting.channels.webhook.delivery import Webhook
from headwater.alerting.channels.webhook.settings import Settings as WebhookSettings
from headwater.runtime.settings import Secret
from tests.contract.channels.contract import ChannelContract, notification
from tests.patience import promised

TOKEN = "a-token-of-the-receiver"


class HttpReceiver:
    """A real HTTP server on loopback that responds with `status`; for a redirect status, to itself."""

    def __init__(self) -> None:
        self.status = 200
        self.content_types: list[str] = []
        self._taken: list[str] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(receiver.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing: tests assert what arrived."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.environ = {"HEADWATER_WEBHOOK_URL": f"http://127.0.0.1:{self._server.server_port}/{TOKEN}"}

    def refuse(self) -> None:
        self.status = 503

    def accept(self) -> None:
        self.status = 204

    def received(self) -> list[str]:
        return self._taken

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, content_type: str, body: bytes) -> None:
        if 200 <= self.status < 300:
            self.content_types.append(content_type)
            self._taken.append(body.decode())


class TestWebhook(ChannelContract):
    channel = webhook.CHANNEL

    @pytest.fixture
    def receiver(self) -> Iterator[HttpReceiver]:
        receiver = HttpReceiver()
        yield receiver
        receiver.close()

    def test_it_posts_json_in_the_shape_of_alertmanager(self, sender: Channel, receiver: HttpReceiver) -> None:
        sender.send(notification())
        (body,) = map(json.loads, receiver.received())
        assert receiver.content_types == ["application/json"]
        assert (body["version"], body["status"], body["externalURL"]) == ("4", "firing", "https://hw.example")
        assert [alert["status"] for alert in body["alerts"]] == ["firing"]

    @pytest.mark.parametrize("status", [302, 404, 500, 503])
    def test_any_response_but_success_is_retried(self, sender: Channel, receiver: HttpReceiver, status: int) -> None:
        receiver.status = status
        assert sender.send(notification()) == Retry(f"ConnectionError: the receiver answered {status}")

    def test_an_unreachable_receiver_is_retried(self, sender: Channel, receiver: HttpReceiver) -> None:
        receiver.close()
        answer = sender.send(notification())
        assert isinstance(answer, Retry)
        assert "refused" in answer.reason

    def test_a_receiver_that_never_answers_costs_the_time_limit_and_no_more(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener, promised(2.0):
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            settings = WebhookSettings(webhook_url=Secret(url), webhook_timeout=0.2)
            answer = webhook.CHANNEL.create(settings).send(notification())
        assert isinstance(answer, Retry)
        assert "timed out" in answer.reason

    def test_a_receiver_that_does_not_speak_http_is_worth_a_retry(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=_answer_nonsense, args=(listener,))
            thread.start()
            answer = Webhook(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=10).send(notification())
            thread.join()
        assert answer == Retry("ConnectionError: the receiver did not answer in HTTP: BadStatusLine")

    def test_success_is_any_status_of_the_two_hundreds(self, sender: Channel, receiver: HttpReceiver) -> None:
        receiver.status = 202
        assert sender.send(notification()) == Delivered()


def _answer_nonsense(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(b"220 mail.example ESMTP\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            """A connection closed with unread bytes is reset, and the response may be lost."""
