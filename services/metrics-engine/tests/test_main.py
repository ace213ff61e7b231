"""The program itself on real Kafka and PostgreSQL: from a record on the topic to an answer over HTTP."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from headwater.bus.kafka import KafkaBus
from headwater.bus.port import Outgoing
from headwater.bus.topics import create_all
from headwater.contracts.identity import ALL
from headwater.contracts.keys import model_key
from headwater.runtime.identity.verifier import Principal, forwarded_headers
from headwater.runtime.settings import Secret
from tests.patience import LONG
from tests.product import eventually

pytestmark = pytest.mark.servers


@pytest.fixture
def bus(kafka: str) -> Iterator[KafkaBus]:
    bus = KafkaBus(kafka, client_id="test")
    create_all(bus, embedded=False)
    yield bus
    bus.close()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        chosen: int = server.getsockname()[1]
        return chosen


@pytest.fixture
def program(bus: KafkaBus, kafka: str, postgres_url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    observed = {
        "KAFKA_BOOTSTRAP": kafka,
        "DATABASE_URL": postgres_url,
        "PORT": str(port),
        "SERVICE_TOKEN": "between-services",
        "PEPPER": "p" * 32,
        "AUTH_URL": "http://127.0.0.1:9",
    }
    environ = {**os.environ, **{f"HEADWATER_{name}": value for name, value in observed.items()}}
    process = subprocess.Popen([sys.executable, "-m", "headwater.metrics_engine"], env=environ)
    try:
        yield process
        process.terminate()
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()


def ask(port: int, path: str) -> Any:
    """A response of the program to a viewer who sees everything; None if there is none yet."""
    held = ("metrics:read", "predictions:read")
    principal = Principal("someone", frozenset(held), ALL, "user", dict.fromkeys(held, ("",)))
    headers = forwarded_headers(principal, Secret("between-services"))
    try:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=LONG) as answered:
            return json.load(answered)
    except (urllib.error.URLError, ConnectionError):
        return None


@pytest.mark.usefixtures("program")
def test_a_record_on_the_topic_becomes_an_answer(bus: KafkaBus, port: int, say: Any) -> None:
    name = f"churn-{uuid.uuid4().hex[:8]}"
    model = {"namespace": "shop", "name": name}
    events = [
        ("prediction.events", say.label("p1") | {"model": model}),
        ("prediction.events", say.prediction("p1") | {"model": model}),
        ("model.events", say.registered() | model),
    ]
    bus.producer().send_all([Outgoing(t, name.encode(), json.dumps(e).encode()) for t, e in events], timeout=30)
    key = model_key("shop", name).id
    path = f"/api/v1/models/{key}/metrics?metric=accuracy"
    [point] = eventually(lambda: [p for p in (ask(port, path) or {"points": []})["points"] if p["value"] is not None])
    assert (point["value"], point["labelled"]) == (1.0, 1)
    assert ask(port, f"/api/v1/predictions?model={key}&id=p1")["labels"][0]["label"]["class"] == "yes"
