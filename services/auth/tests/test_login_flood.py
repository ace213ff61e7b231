"""Sixty concurrent logins on a real server with a slow database: all other requests are answered."""

import http.client
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from headwater.auth import accounts
from headwater.auth.hashing import Hasher
from headwater.auth.service import SERVICE as AUTH
from headwater.auth.settings import Settings
from headwater.auth.store import Store, open_store
from headwater.runtime.identity.verifier import LocalIdentityFeed, Verifier
from headwater.runtime.stop import StopSignal
from headwater.runtime.web.serve import serve
from tests.hosting import application

from .callers import PASSWORD, PEPPER, SERVICE_TOKEN, Clock

pytestmark = pytest.mark.loopback
THREADS = 8
CALLERS = 60


class GatedClock(Clock):
    """Each login reads the clock, and waits there while the gate is closed, as it would for a slow database."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self) -> int:
        assert self.gate.wait(60)
        return super().__call__()


class Served(NamedTuple):
    port: int
    clock: GatedClock
    store: Store

    def ask(self, method: str, path: str, body: object = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer


@pytest.fixture
def served(tmp_path: Path, migrated: Path) -> Iterator[Served]:
    shutil.copy(migrated, tmp_path / "auth.db")
    clock, stop = GatedClock(), StopSignal()
    hasher = Hasher(memory_kib=64, threads=THREADS)
    store = open_store(f"sqlite:///{tmp_path / 'auth.db'}", pepper=PEPPER, hasher=hasher, clock=clock)
    accounts.create_user(store, "ada", PASSWORD)
    settings = Settings(pepper=PEPPER, service_token=SERVICE_TOKEN)
    verifier = Verifier(LocalIdentityFeed(store.identity_snapshot), PEPPER, SERVICE_TOKEN)
    app = application(AUTH, settings, engine=store.engine, verifier=verifier, also={Store: store})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept = {"threads": THREADS, "stop": stop, "listener": listener}
        serving = threading.Thread(target=serve, args=(app,), kwargs=kept)
        serving.start()
        try:
            yield Served(listener.getsockname()[1], clock, store)
        finally:
            clock.gate.set()
            stop.set()
            serving.join(20)
            store.close()


def test_a_flood_of_log_ins_stops_nobody_else(served: Served) -> None:
    answered: list[http.client.HTTPResponse] = []
    refused = threading.Event()

    def note(done: "Future[http.client.HTTPResponse]") -> None:
        answered.append(done.result())
        if len(answered) == CALLERS - THREADS // 2:
            refused.set()

    served.clock.gate.clear()
    with ThreadPoolExecutor(CALLERS) as pool:
        for _ in range(CALLERS):
            login = {"username": "ada", "password": PASSWORD}
            pool.submit(served.ask, "POST", "/api/v1/auth/login", login).add_done_callback(note)
        assert refused.wait(30)
        assert {found.status for found in answered} == {503}
        assert all(int(found.headers["Retry-After"]) > 0 for found in answered)
        assert all(found.headers["Content-Type"] == "application/problem+json" for found in answered)
        for path in ("/livez", "/readyz", "/metrics", "/api/v1/auth/jwks.json"):
            assert served.ask("GET", path).status == 200
        served.clock.gate.set()
    assert sorted(found.status for found in answered) == [200] * (THREADS // 2) + [503] * (CALLERS - THREADS // 2)
    assert served.ask("POST", "/api/v1/auth/login", {"username": "ada", "password": PASSWORD}).status == 200
