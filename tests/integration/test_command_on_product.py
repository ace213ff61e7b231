"""The `headwater` command beside a running product, and starting and stopping the product."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.integration.bad_events import LINEAGE, METRIC, METRICS, named, run_event
from tests.integration.commands import HEADWATER, refusal, shell, succeeds, told, wrong
from tests.patience import LONG, promised
from tests.product import Product, eventually, living, running

pytestmark = pytest.mark.embedded
STOP_SECONDS = 8.0


def on(product: Product) -> tuple[str, Path]:
    return "--data-dir", product.data_dir


def test_a_second_start_on_the_same_directory_is_refused_with_who_holds_it(product: Product) -> None:
    said = refusal("up", *on(product))
    assert product.url in said
    assert str(product.pid) in said


def test_what_the_product_prints_ends_with_the_address_and_shows_the_password_once(product: Product) -> None:
    assert product.output[-1] == f"ready: {product.url}"
    assert sum("password" in line for line in product.output) == 1
    assert stat.S_IMODE((product.data_dir / "producer.key").stat().st_mode) == 0o600
    secret = (product.data_dir / "secrets").rglob("*")
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in secret)
    logs = "".join(file.read_text() for file in (product.data_dir / "logs").iterdir())
    assert str(product.admin_password) not in logs
    assert product.producer_key not in logs


def test_doctor_and_env_find_the_running_product(product: Product) -> None:
    assert f"ready at {product.url}" in succeeds("doctor", *on(product))
    ran = re.compile(r"^ok +tasks +delete_expired_attempts at 20\S+Z, judge_closed_windows at 20\S+Z$", re.MULTILINE)
    assert eventually(lambda: ran.search(succeeds("doctor", *on(product))))
    assert json.loads(succeeds("env", "--json", *on(product))) == {
        "OPENLINEAGE_URL": product.url,
        "OPENLINEAGE_API_KEY": product.producer_key,
    }


def test_a_key_works_at_once_and_not_after_it_is_revoked(product: Product) -> None:
    made = json.loads(succeeds("key", "create", "robot", "--namespace", "bad", "--days", "7", "--json", *on(product)))
    event = run_event(job=named(name="robot"))
    assert _sent(product, made["secret"], event) == 201
    assert _sent(product, made["secret"], run_event(job={"namespace": "other", "name": "robot"})) == 403
    listed = [json.loads(line) for line in told("key", "list", "--json", *on(product)).splitlines()]
    assert {key["name"]: key["prefixes"] for key in listed}["robot"] == ["bad"]
    assert made["secret"] not in json.dumps(listed)
    told("key", "revoke", made["id"], *on(product))
    assert _sent(product, made["secret"], event) == 401
    assert wrong("key", "revoke", "nobody", *on(product))
    assert "ingest:fly" in wrong("key", "create", "odd", "--permission", "ingest:fly", *on(product))


def test_a_key_belongs_to_somebody_and_shows_when_it_was_used(product: Product, tmp_path: Path) -> None:
    word = tmp_path / "password"
    word.write_text("four score and seven years\n")
    succeeds("user", "create", "kim", "--role", "steward", "--password-file", word, *on(product))
    given = ("--owner", "kim", "--annotate", "s3://lake", "--annotate", "bad")
    made = json.loads(succeeds("key", "create", "kims", *given, "--json", *on(product)))
    assert _sent(product, made["secret"], run_event(job=named(name="kims"))) == 201
    keys = {key["name"]: key for key in eventually(lambda: _listed_with_use(product, made["id"]))}
    assert keys["kims"]["owner_name"] == "kim"
    assert keys["kims"]["annotate"] == ["bad", "s3://lake"]
    assert keys["producer"]["owner"] == keys["sample story"]["owner"] == "service:installation"
    assert keys["producer"]["annotate"] == keys["sample story"]["annotate"] == [""]
    told("user", "disable", "kim", *on(product))
    assert _sent(product, made["secret"], run_event(job=named(name="kims"))) == 401
    assert "owner disabled" in told("key", "list", *on(product))
    assert wrong("key", "create", "odd", "--owner", "nobody", *on(product))


def _listed_with_use(product: Product, key_id: str) -> list[dict[str, Any]]:
    """The keys, once the last use of this one is known; otherwise none."""
    keys = [json.loads(line) for line in told("key", "list", "--json", *on(product)).splitlines()]
    return keys if any(key["id"] == key_id and key["last_used_at"] for key in keys) else []


def _sent(product: Product, secret: str, event: dict[str, Any]) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return requests.post(product.url + LINEAGE, json=event, headers=headers, timeout=LONG).status_code


def test_a_user_logs_in_until_disabled(product: Product, tmp_path: Path) -> None:
    word = tmp_path / "password"
    word.write_text("four score and seven years\n")
    succeeds("user", "create", "ann", "--role", "viewer", "--password-file", word, *on(product))
    assert _login(product, "ann") == 200
    assert wrong("user", "create", "ann", "--password-file", word, *on(product))
    told("user", "disable", "ann", *on(product))
    assert _login(product, "ann") == 401
    listed = [json.loads(line) for line in told("user", "list", "--json", *on(product)).splitlines()]
    assert {"admin": False, "ann": True}.items() <= {user["username"]: user["disabled"] for user in listed}.items()
    told("user", "enable", "ann", *on(product))
    assert _login(product, "ann") == 200
    assert wrong("user", "disable", "nobody", *on(product))
    word.write_text("short\n")
    assert "password" in wrong("user", "create", "bob", "--password-file", word, *on(product))
    assert wrong("user", "create", "bob", "--role", "king", "--password-file", word, *on(product))


def _login(product: Product, name: str) -> int:
    body = {"username": name, "password": "four score and seven years"}
    return requests.post(f"{product.url}/api/v1/auth/login", json=body, timeout=LONG).status_code


def test_an_export_is_the_one_that_the_api_serves(product: Product, token: str, tmp_path: Path) -> None:
    assert product.post(LINEAGE, run_event(job=named(name="exported"))).ok
    eventually(lambda: "exported" in succeeds("export", "graph", *on(product)))
    file = tmp_path / "graph.ndjson"
    assert succeeds("export", "graph", "-o", file, *on(product)) == ""
    assert file.read_bytes() == product.get("/api/v1/graph/export", token).content
    lines = file.read_bytes().splitlines()
    assert lines == sorted(lines)
    assert "No space" in refusal("export", "graph", "-o", "/dev/full", *on(product))


def test_metrics_and_the_audit_trail_are_exported_too(product: Product) -> None:
    assert product.post(METRICS, METRIC).ok
    lines = eventually(lambda: told("export", "metrics", *on(product)).splitlines())
    assert {json.loads(line)["metric"] for line in lines} == {"f1"}
    trail = [json.loads(line) for line in told("export", "audit", *on(product)).splitlines()]
    assert [entry["seq"] for entry in trail] == list(range(1, len(trail) + 1))
    assert {"user.create", "key.create"} <= {entry["action"] for entry in trail}
    assert product.producer_key not in json.dumps(trail)


def test_an_export_may_be_cut_short(product: Product) -> None:
    line = '"$0" export graph --data-dir "$1" | head -c 10'
    done = subprocess.run(["sh", "-c", line, HEADWATER, product.data_dir], capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr
    assert len(done.stdout) == 10


def test_tables_and_topics_may_be_created_again_beside_the_product(product: Product) -> None:
    assert succeeds("migrate", *on(product)).splitlines()[0] == "topics: 0 created"
    assert told("dead-letters", "list", *on(product)) == "no dead letters are waiting\n"
    assert told("dead-letters", "list", "--json", *on(product)) == ""


def test_a_port_that_is_taken_is_refused_when_asked_for(product: Product, tmp_path: Path) -> None:
    port = product.url.rpartition(":")[2]
    said = refusal("up", "--data-dir", tmp_path / "other", "--port", port)
    assert port in said
    assert "in use" in said


def test_a_busy_default_port_is_replaced_and_reported(tmp_path: Path) -> None:
    with _default_port_taken(), running(tmp_path / "data") as product:
        assert any("port 8642 is busy" in line for line in product.output)
        assert product.url != "http://127.0.0.1:8642"
        assert requests.get(f"{product.url}/livez", timeout=LONG).ok


class _default_port_taken:  # noqa: N801  # reads as a clause
    """Bind the port, unless another process on this machine already has it."""

    def __enter__(self) -> None:
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._held.bind(("127.0.0.1", 8642))
            self._held.listen()
        except OSError:
            pass

    def __exit__(self, *_: object) -> None:
        self._held.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Product]:
    """A product that a test may stop and start."""
    with running(tmp_path / "data", "--port", "0") as started:
        yield started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_time_and_a_restart_keeps_all(own: Product, number: signal.Signals) -> None:
    assert own.post(LINEAGE, run_event(job=named(name="kept"))).ok
    everything = [psutil.Process(own.pid), *psutil.Process(own.pid).children(recursive=True)]
    assert len(everything) == 3
    with requests.get(f"{own.url}/api/v1/stream", headers=_bearer(own), stream=True, timeout=LONG) as stream:
        assert stream.ok
        with promised(STOP_SECONDS):
            os.kill(own.pid, number)
            assert own.stop() == 0
    assert not living(everything)
    assert not (own.data_dir / "running.json").exists()
    assert not list(own.data_dir.rglob("*-wal")), "a copy of the databases alone would lack what stands there"
    assert "--data-dir" in refusal("env", *on(own))
    before, key = len(own.output), own.producer_key
    own.start()
    assert not any("password" in line for line in own.output[before:])
    assert own.producer_key == key
    assert eventually(lambda: "kept" in succeeds("export", "graph", *on(own)))
    assert own.login()


def _bearer(product: Product) -> dict[str, str]:
    return {"Authorization": f"Bearer {product.login()}"}


def test_processes_of_a_killed_supervisor_end_with_it(tmp_path: Path) -> None:
    with running(tmp_path / "data", "--port", "0", "--sample") as own:
        supervisor = psutil.Process(own.pid)
        eventually(lambda: any("sample" in child.cmdline() for child in supervisor.children()))
        children = supervisor.children(recursive=True)
        assert len(children) == 3
        own.kill9()
        eventually(lambda: not living(children))
        own.start()


def test_a_lost_producer_key_is_reported_and_the_advice_gives_a_new_one(own: Product) -> None:
    lost, file = own.producer_key, own.data_dir / "producer.key"
    file.unlink()
    advice = refusal("env", *on(own))
    own.stop()
    before = len(own.output)
    own.start()
    assert not file.exists(), "replaced without a word"
    assert any("missing" in line and "headwater key create" in line for line in own.output[before:])
    command = re.search(r"headwater key create [^(]*", advice)
    assert command is not None
    done = subprocess.run(command[0], shell=True, env=shell(), capture_output=True, text=True, check=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert own.producer_key.split("_")[1] == done.stdout.strip()
    assert own.producer_key != lost
    assert json.loads(succeeds("env", "--json", *on(own)))["OPENLINEAGE_API_KEY"] == own.producer_key
    annotated = {"namespace": "other", "name": "t", "facets": {"ownership": {"owners": [{"name": "team:ann"}]}}}
    answer = own.post(LINEAGE, run_event(outputs=[annotated]))
    assert answer.status_code == 201
    assert answer.json()["notes"] == []
    told("key", "revoke", lost.split("_")[1], *on(own))
    assert _sent(own, lost, run_event(job=named(name="late"))) == 401


def test_an_ephemeral_product_keeps_nothing() -> None:
    command = [str(HEADWATER), "up", "--ephemeral", "--port", "0"]
    with subprocess.Popen(command, env=shell(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        root = next(Path(line.split()[-1]) for line in lines if line.startswith("data directory"))
        assert next(line for line in lines if line.startswith("ready: "))
        assert root.is_dir()
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG) == 0
    assert not root.exists()


def test_an_open_product_accepts_events_and_reads_without_a_key(tmp_path: Path) -> None:
    with running(tmp_path / "data", "--port", "0", "--open-ingest", "--open-read") as product:
        assert requests.post(product.url + LINEAGE, json=run_event(), timeout=LONG).status_code == 201
        assert eventually(
            lambda: requests.get(f"{product.url}/api/v1/graph/search?q=input", timeout=LONG).json()["items"]
        )
        assert requests.get(f"{product.url}/api/v1/users", timeout=LONG).status_code == 403


def test_the_sample_command_names_what_is_wrong(product: Product, tmp_path: Path) -> None:
    file = tmp_path / "wrong.key"
    file.write_text("hw_wrong\n")
    assert "401" in refusal("sample", "add", "--url", product.url, "--key-file", file)
    assert "127.0.0.1:1" in wrong("sample", "add", "--url", "http://127.0.0.1:1", "--key-file", file)
    assert wrong("sample", "add", "--key-file", tmp_path / "none", code=2)
