"""nginx as the one origin: which service gets which request, and what is never forwarded."""

import contextlib
import gzip
import json
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from headwater.local.distributed import proxy
from headwater.local.distributed.running import Program
from headwater.local.ports import free_port
from tests.patience import LONG

pytestmark = pytest.mark.integration
SERVICES = ("ingest-gateway", "api-gateway", "stream")


class Echo(BaseHTTPRequestHandler):
    """Responds with the name of the service, and with the request that reached it."""

    name = ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = {"service": self.name, "path": self.path, "headers": dict(self.headers), "length": len(body)}
        encoded = json.dumps(answer).encode()
        self.send_response(200)
        for media in parse_qs(urlsplit(self.path).query).get("media", []):
            self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    do_POST = do_GET  # noqa: N815  # the name is http.server's

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_nginx(tmp_path_factory.mktemp("nginx")) as address:
        yield address


@contextlib.contextmanager
def running_nginx(directory: Path, templates: Path = proxy.TEMPLATES) -> Iterator[str]:
    """nginx in front of two services that respond and a stream program that is down."""
    for parent in (directory, *directory.parents):
        if "pytest-" in str(parent):
            parent.chmod(0o711)  # nginx spools large bodies as another user
    backends = {}
    for name in SERVICES:
        handler = type("Named", (Echo,), {"name": name})
        backends[name] = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=backends[name].serve_forever, daemon=True).start()
    port, absent = free_port(), free_port()
    ports = {name: backend.server_port for name, backend in backends.items()} | {"stream": absent}
    main = proxy.render(
        directory, listen=f"127.0.0.1:{port}", ports=ports, access_log=directory / "access.log", templates=templates
    )
    program = proxy.find_nginx()
    proxy.check(program, main)
    address = f"http://127.0.0.1:{port}"
    nginx = Program("nginx", proxy.command(program, main), {}, directory / "nginx.log", f"{address}/livez")
    nginx.launch()
    try:
        nginx.wait_ready(limit=time.monotonic() + LONG)
        yield address
    finally:
        nginx.stop()
        for backend in backends.values():
            backend.shutdown()
            backend.server_close()


def ask(url: str, *, data: bytes | None = None, headers: dict[str, str] | None = None) -> dict[str, object]:
    with urllib.request.urlopen(urllib.request.Request(url, data, headers or {}), timeout=LONG) as answer:
        decoded: dict[str, object] = json.load(answer)
        return decoded


def refused(url: str, *, data: bytes | None = None) -> tuple[int, HTTPResponse, bytes]:
    with pytest.raises(urllib.error.HTTPError) as raised:
        ask(url, data=data)
    with raised.value as answer:
        return answer.code, answer, answer.read()  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("POST", "/api/v1/lineage", "ingest-gateway"),
        ("POST", "/api/v1/lineage/batch", "ingest-gateway"),
        ("POST", "/api/v1/models/events", "ingest-gateway"),
        ("POST", "/api/v1/predictions", "ingest-gateway"),
        ("GET", "/api/v1/predictions?model=m&id=1", "api-gateway"),
        ("POST", "/api/v1/labels", "ingest-gateway"),
        ("POST", "/api/v1/metrics", "ingest-gateway"),
        ("POST", "/api/v1/auth/login", "api-gateway"),
        ("POST", "/api/v1/evaluations", "api-gateway"),
        ("GET", "/api/v1/graph/search?q=a", "api-gateway"),
        ("GET", "/", "api-gateway"),
    ],
)
def test_each_route_reaches_its_service(origin: str, method: str, path: str, service: str) -> None:
    found = ask(origin + path, data=b"{}" if method == "POST" else None)
    assert (found["service"], found["path"]) == (service, path)


def test_an_encoded_slash_stays_encoded(origin: str) -> None:
    assert ask(f"{origin}/api/v1/a%2Fb%20c?d=%2F")["path"] == "/api/v1/a%2Fb%20c?d=%2F"


def test_a_packed_body_passes_as_it_is(origin: str) -> None:
    found = ask(f"{origin}/api/v1/lineage", data=b"\x1f\x8b" + bytes(998), headers={"Content-Encoding": "gzip"})
    assert found["length"] == 1000
    assert found["headers"]["Content-Encoding"] == "gzip"  # type: ignore[index]


@pytest.mark.parametrize("media", ["application/json", "text/javascript", "application/javascript", "text/css"])
def test_answers_leave_packed_for_whoever_takes_gzip(origin: str, media: str) -> None:
    """The media type of JavaScript: either of the two that a service's machine may use."""
    url = f"{origin}/assets/file?media={media}&long={'a' * 4_000}"
    asked = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=LONG) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = answer.read()
    assert len(packed) < 1_500
    assert json.loads(gzip.decompress(packed))["service"] == "api-gateway"


def test_what_services_say_of_the_principal_is_not_taken_from_outside(origin: str) -> None:
    ours = ("Headwater-Principal", "Headwater-Client-Address", "Headwater-Service-Token")
    found = ask(f"{origin}/api/v1/stats", headers=dict.fromkeys(ours, "forged"))
    assert "forged" not in str(found["headers"])


def test_services_see_the_name_that_was_called_and_every_address_on_the_way(origin: str) -> None:
    sent = {"Host": "headwater.example:8443", "X-Forwarded-For": "192.0.2.1"}
    headers = ask(f"{origin}/api/v1/stats", headers=sent)["headers"]
    assert headers["Host"] == headers["X-Forwarded-Host"] == "headwater.example:8443"  # type: ignore[index]
    assert headers["X-Forwarded-For"] == "192.0.2.1, 127.0.0.1"  # type: ignore[index]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-1234", True), ("x" * 64, True), ("abc-123", False), ("a b-c d-e", False), ("x" * 65, False)],
)
def test_a_request_id_is_kept_only_when_it_is_one(origin: str, sent: str, kept: bool) -> None:
    found = ask(f"{origin}/api/v1/stats", headers={"X-Request-Id": sent})
    assert (found["headers"]["X-Request-Id"] == sent) is kept  # type: ignore[index]


@pytest.mark.parametrize("path", ["/metrics", "/internal/v1/identity/changes"])
def test_what_is_for_the_inside_is_not_there(origin: str, path: str) -> None:
    assert refused(origin + path)[0] == 404


def test_a_body_of_sixteen_megabytes_passes(origin: str) -> None:
    assert ask(f"{origin}/api/v1/lineage", data=bytes(16 << 20))["length"] == 16 << 20


def test_a_larger_body_is_refused_as_a_problem_without_retry(origin: str) -> None:
    status, answer, body = refused(f"{origin}/api/v1/lineage", data=bytes((17 << 20) + 1))
    assert status == 413
    assert json.loads(body)["type"] == "urn:headwater:problem:too-large"
    assert answer.headers["Retry-After"] is None


def test_a_service_that_is_away_is_a_503_that_says_when_to_retry(origin: str) -> None:
    status, answer, body = refused(f"{origin}/api/v1/stream")
    assert (status, answer.headers["Retry-After"]) == (503, "2")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["type"] == "urn:headwater:problem:unavailable"


def test_who_is_slow_keeps_nobody_waiting_and_one_address_has_a_share(tmp_path: Path) -> None:
    """The site file with shorter timeouts and a lower limit per address."""
    templates = tmp_path / "templates"
    shutil.copytree(proxy.TEMPLATES, templates)
    site = templates / "headwater.conf.template"
    text = site.read_text()
    for given, shorter in (
        ("client_header_timeout 15s", "client_header_timeout 1s"),
        ("client_body_timeout 20s", "client_body_timeout 1s"),
        ("headwater_addresses 500", "headwater_addresses 5"),
    ):
        assert given in text
        text = text.replace(given, shorter)
    site.write_text(text)
    with running_nginx(tmp_path, templates) as address, contextlib.ExitStack() as closing:
        host, port = address.removeprefix("http://").split(":")

        def begun(head: bytes) -> socket.socket:
            made = closing.enter_context(socket.create_connection((host, int(port)), timeout=20))
            made.sendall(head)
            return made

        assert ask(f"{address}/")["service"] == "api-gateway"
        heads = [begun(b"GET / HTTP/1.1\r\nHo") for _ in range(50)]
        bodies = [begun(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx") for _ in range(5)]
        status, answer, body = refused(f"{address}/")
        assert (status, answer.headers["Retry-After"]) == (503, "2")
        assert json.loads(body)["type"].endswith(":unavailable")
        for connection in (*heads, *bodies):
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1000) == b""
        assert ask(f"{address}/")["service"] == "api-gateway"
