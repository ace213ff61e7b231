"""A full disk: writes wait for space, reads continue, nothing acknowledged is lost, and no restart is needed.

The disk is made full in three ways: files of our processes may not grow (RLIMIT_FSIZE), the floor is above the free
space, and, among the long tests, a small file system is really full.
"""

import contextlib
import queue
import re
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.load import MODEL_EVENTS, Producers, registered, run_event
from tests.product import Product, eventually, running
from tests.progress import send_and_settle, settled_export
from tests.tally import tally

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(240)]
LINEAGE = "/api/v1/lineage"
DISK_FULL = "urn:headwater:problem:disk-full"
READS = (
    "/api/v1/graph/search?q=job",
    "/api/v1/runs?limit=5",
    "/api/v1/models",
    "/api/v1/stats",
    "/api/v1/alerts",
    "/api/v1/alerts/rules",
    "/api/v1/auth/me",
    "/api/v1/users",
    "/api/v1/graph/export",
    "/livez",
    "/docs",
)
RULE = {
    "name": "low",
    "model_namespace": "load",
    "model_name": "model",
    "metric": "accuracy",
    "comparison": "below",
    "threshold": 0.5,
    "severity": "warning",
}
USER = {"username": "ann", "password": "four score and seven years"}


class Told:
    """The output of the product after its start, read as it is printed."""

    def __init__(self, product: Product) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._seen: list[str] = []
        threading.Thread(target=self._read, args=(product,), daemon=True).start()

    def _read(self, product: Product) -> None:
        assert product.process is not None
        assert product.process.stdout is not None
        with contextlib.suppress(ValueError):  # closed at the end
            for line in product.process.stdout:
                self._lines.put(line)

    def lines(self) -> list[str]:
        with contextlib.suppress(queue.Empty):
            while True:
                self._seen.append(self._lines.get_nowait())
        return self._seen


@contextlib.contextmanager
def no_file_may_grow(product: Product) -> Iterator[None]:
    """Every write of front and workers to a file fails (EFBIG) for the duration of the block."""
    pids = [product.child(name).pid for name in ("front", "workers")]
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def writes(product: Product, token: str) -> list[requests.Response]:
    """One attempt at everything that must be durable."""
    mine = {"Authorization": f"Bearer {token}"}
    assert product.admin_password is not None
    login = {"username": "admin", "password": product.admin_password}
    attempts: list[tuple[str, Any, dict[str, str]]] = [
        ("/api/v1/auth/login", login, {}),
        ("/api/v1/users", USER, mine),
        ("/api/v1/keys", {"name": "robot", "permissions": ["ingest:write"]}, mine),
        ("/api/v1/alerts/rules", RULE, mine),
    ]
    events = [
        product.post(LINEAGE, run_event("job full", "full")),
        product.post(f"{LINEAGE}/batch", [run_event("j", "k")]),
    ]
    return events + [
        requests.post(product.url + path, json=body, headers=headers, timeout=20) for path, body, headers in attempts
    ]


def refused_for_room(answer: requests.Response, product: Product) -> bool:
    problem = answer.json()
    return (
        (answer.status_code, problem.get("type")) == (503, DISK_FULL)
        and int(answer.headers["Retry-After"]) > 0
        and str(product.data_dir) in problem["detail"]
        and re.search(r"[\d,]+ bytes are free", problem["detail"]) is not None
    )


def not_ready(product: Product) -> str:
    """The failures that readiness reports; empty when it is ready."""
    answer = requests.get(f"{product.url}/readyz", timeout=20)
    down = [told["message"] for told in answer.json()["dependencies"].values() if not told["ok"]]
    assert (answer.status_code == 200) == (not down)
    return "; ".join(down)


def test_writes_are_refused_reads_go_on_and_all_recovers_when_no_file_may_grow(tmp_path: Path) -> None:
    with running(tmp_path / "data", "--port", "0") as product:
        token, told = product.login(), Told(product)
        pids = [product.child(name).pid for name in ("front", "workers")]
        with Producers(lambda: (product.url, product.producer_key)) as producers:
            producers.await_acknowledged(more=60)
            with no_file_may_grow(product):
                for answer in writes(product, token):
                    assert refused_for_room(answer, product), f"{answer.request.url} {answer.text}"
                for path in READS:
                    answer = product.get(path, token)
                    assert answer.status_code == 200, f"{path} {answer.text}"
                assert str(product.data_dir) in not_ready(product)
                acknowledged = len(producers.acknowledged)
                time.sleep(3)  # keep the disk full for a while, under load
                assert len(producers.acknowledged) == acknowledged
                assert "bytes are free" in not_ready(product)
            eventually(lambda: not not_ready(product))
            producers.await_acknowledged(more=60)
        found = tally(settled_export(product), producers)
        assert (found.lost, found.doubled, producers.refused) == (0, 0, [])
        assert [product.child(name).pid for name in ("front", "workers")] == pids
        assert not any("ended with code" in line for line in told.lines())
        assert all(answer.ok for answer in writes(product, token))


def test_below_the_floor_events_are_refused_while_accounts_and_reads_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path / "data", "--port", "0") as product:
        send_and_settle(product, MODEL_EVENTS, registered("load", "model"))
        password = product.admin_password
    monkeypatch.setenv("HEADWATER_DISK_FLOOR_MB", "1000000000")
    with running(tmp_path / "data", "--port", "0") as product:
        product.admin_password = password
        token, told = product.login(), Told(product)
        answers = writes(product, token)
        assert [refused_for_room(answer, product) for answer in answers if answer.status_code == 503] == [True, True]
        assert all(answer.ok for answer in answers[2:])
        assert all(product.get(path, token).ok for path in READS)
        assert str(product.data_dir) in not_ready(product)
        said = eventually(lambda: [line for line in told.lines() if "is full" in line])
        assert str(product.data_dir) in said[0]
        time.sleep(3)
        assert len([line for line in told.lines() if "is full" in line]) == 1


def test_a_floor_that_is_no_number_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_DISK_FLOOR_MB", "plenty")
    with pytest.raises(RuntimeError, match="HEADWATER_DISK_FLOOR_MB"):
        Product(tmp_path / "data", "--port", "0").start()


@contextlib.contextmanager
def small_disk(where: Path, megabytes: int) -> Iterator[Path]:
    """A separate file system; the test is skipped if mounting is refused."""
    where.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(where)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"left out: this machine refuses to mount a small file system ({done.stderr.strip()})")
    try:
        yield where
    finally:
        subprocess.run(["umount", "--lazy", str(where)], check=True)


def fill(file: Path, *, leave: int) -> None:
    """Fill the disk with `file` except for `leave` bytes."""
    with file.open("ab", buffering=0) as sink, contextlib.suppress(OSError):
        while (free := shutil.disk_usage(file.parent).free) > leave:
            sink.write(bytes(min(1 << 20, free - leave)))


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_soak_a_small_disk_fills_and_is_freed_again_and_again_under_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_DISK_FLOOR_MB", "20")
    with small_disk(tmp_path / "disk", 120) as disk, running(disk / "data", "--port", "0") as product:
        token, told = product.login(), Told(product)
        pids = [product.child(name).pid for name in ("front", "workers")]
        with Producers(lambda: (product.url, product.producer_key)) as producers:
            for leave in (0, 10_000_000, 0, 300_000):
                producers.await_acknowledged(more=60)
                fill(disk / "filler", leave=leave)
                eventually(lambda: refused_for_room(product.post(LINEAGE, run_event("j", "k")), product))
                time.sleep(5)
                assert all(product.get(path, token).ok for path in READS)
                assert str(product.data_dir) in not_ready(product)
                (disk / "filler").unlink()
                eventually(lambda: not not_ready(product))
        found = tally(settled_export(product), producers)
        print(f"small disk: {found}")
        assert (found.lost, found.doubled, producers.refused) == (0, 0, [])
        assert [product.child(name).pid for name in ("front", "workers")] == pids
        assert any("is full" in line for line in told.lines())
        assert any("has space again" in line for line in told.lines())
