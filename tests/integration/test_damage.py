"""Damaged files of an installation: the part that needs them stops and names file and remedy; the rest continues."""

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.damage import HEADER, empty, flip_in, garble_header, page_size, remove
from tests.integration.commands import headwater
from tests.load import MODEL_EVENTS, registered, run_event
from tests.product import Product, eventually, running
from tests.progress import settled_export

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(240)]
LINEAGE = "/api/v1/lineage"
DAMAGED = "urn:headwater:problem:damaged"
RUNS = 40
MODEL = {"namespace": "load", "name": "model"}
Answer = requests.Response


class Template:
    """A data directory with runs, a judged model and a rule in it, its product stopped; and its export."""

    def __init__(self, root: Path) -> None:
        self.root = root
        with running(root, "--port", "0") as product:
            assert product.post(f"{LINEAGE}/batch", [run_event(f"job {i}", f"run {i}") for i in range(RUNS)]).ok
            assert product.post(MODEL_EVENTS, registered(**MODEL)).ok
            self.password = product.admin_password
            self.export = settled_export(product)
        for file in root.rglob("*.db"):  # content of a write-ahead log would hide damage to the file
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("damage") / "data")


@pytest.fixture
def data(template: Template, tmp_path: Path) -> Path:
    """A copy to damage."""
    return shutil.copytree(template.root, tmp_path / "data")


@pytest.fixture
def start(template: Template, data: Path) -> Iterator[Callable[[], Product]]:
    """Starts the product on the damaged copy; it is stopped at the end."""
    product = Product(data, "--port", "0")
    product.admin_password = template.password

    def started() -> Product:
        product.start()
        product.admin_password = template.password
        return product

    yield started
    if product.process is not None and product.process.poll() is None:
        assert product.stop() == 0


def noise_beyond_the_first_page(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(page_size(path))
        file.write(b"\xa5" * (size - page_size(path)))


def noise_in_all_but_the_header(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(HEADER)
        file.write(b"\xa5" * (size - HEADER))


def down(product: Product) -> dict[str, str]:
    """The failures that readiness reports, by dependency."""
    answer = requests.get(f"{product.url}/readyz", timeout=20)
    found = {name: told["message"] for name, told in answer.json()["dependencies"].items() if not told["ok"]}
    assert (answer.status_code == 200) == (not found)
    return found


def names(told: dict[str, str], file: Path, remedy: str) -> bool:
    return any(str(file) in message and remedy in message for message in told.values())


def is_damage(answer: Answer, file: Path, remedy: str) -> bool:
    problem = answer.json()
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    return problem["type"] == DAMAGED and str(file) in problem["detail"] and remedy in problem["detail"]


def doctor(data: Path, *flags: str) -> tuple[int, dict[str, dict[str, Any]]]:
    done = headwater("doctor", "--data-dir", data, "--json", *flags)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {line["check"]: line for line in lines}


def send(product: Product, run: str) -> int:
    return product.post(LINEAGE, run_event("job after", run)).status_code


def test_an_intact_installation_is_sound(data: Path) -> None:
    for flags in ((), ("--deep",)):
        code, told = doctor(data, *flags)
        assert (code, [check for check, line in told.items() if not line["ok"]]) == (0, [])
        assert {"log", "graph", "auth", "metrics", "alerting"} <= told.keys()


def test_a_changed_record_stops_the_writer_of_the_graph_and_nothing_else(
    data: Path, start: Callable[[], Product]
) -> None:
    log = data / "bus" / "lineage.events.db"
    flip_in(log, b'"run 20"')
    remove(data / "graph.db")  # so that the record is read again
    code, told = doctor(data, "--deep")
    assert (code, told["log"]["ok"]) == (1, False)
    assert str(log) in told["log"]["about"]
    assert "0/20" in told["log"]["about"]
    product = start()
    stopped = eventually(lambda: down(product).get("consumers"))
    assert stopped.startswith("lineage-writer stopped: ")
    assert names(down(product), log, "restore")
    token = product.login()
    assert send(product, "accepted") == 201
    assert product.get("/api/v1/alerts", token).ok
    assert product.get("/api/v1/graph/search", token, q="job 19").json()["items"]
    assert not product.get("/api/v1/graph/search", token, q="job 21").json()["items"]
    assert doctor(data)[0] == 1
    _rebuild_ends_at(log, product)


def _rebuild_ends_at(log: Path, product: Product) -> None:
    began = time.monotonic()
    done = headwater("rebuild", "graph", "--data-dir", product.data_dir)
    assert done.returncode == 1, done.stdout
    assert str(log) in done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - began < 60
    assert not list(product.data_dir.glob("graph.rebuild.db*"))


@pytest.mark.parametrize("damage", [noise_in_all_but_the_header, garble_header, noise_beyond_the_first_page])
def test_a_damaged_log_file_is_named_where_the_graph_is_empty(
    data: Path, start: Callable[[], Product], damage: Callable[[Path], None]
) -> None:
    log = data / "bus" / "lineage.events.db"
    remove(data / "graph.db")
    damage(log)
    product = start()
    eventually(lambda: names(down(product), log, "restore"))
    assert product.get("/api/v1/graph/search", product.login(), q="job").ok
    refused = product.post(LINEAGE, run_event("job after", "after"))
    assert is_damage(refused, log, "restore") or refused.ok
    code, told = doctor(data)
    assert (code, told["log"]["ok"]) == (1, False)


@pytest.mark.parametrize("damage", [empty, remove])
def test_a_lost_log_file_is_not_taken_for_a_new_one(
    data: Path, start: Callable[[], Product], damage: Callable[[Path], None]
) -> None:
    log = data / "bus" / "lineage.events.db"
    damage(log)
    product = start()
    eventually(lambda: names(down(product), log, "restore"))
    assert is_damage(product.post(LINEAGE, run_event("job after", "after")), log, "restore")
    assert product.get("/api/v1/graph/search", product.login(), q="job 7").json()["items"]


@pytest.mark.parametrize("damage", [noise_beyond_the_first_page, noise_in_all_but_the_header, garble_header])
def test_a_damaged_graph_refuses_reads_by_name_until_it_is_rebuilt(
    template: Template, data: Path, start: Callable[[], Product], damage: Callable[[Path], None]
) -> None:
    graph, remedy = data / "graph.db", "headwater rebuild graph"
    damage(graph)
    assert names({"doctor": doctor(data)[1]["graph"]["about"]}, graph, remedy)
    product = start()
    token = product.login()
    for path in ("search?q=job", "nodes?kind=ETLProcess&namespace=load&name=job%201", "export"):
        assert is_damage(product.get(f"/api/v1/graph/{path}", token), graph, remedy)
    assert is_damage(product.get("/api/v1/runs", token), graph, remedy)
    eventually(lambda: names(down(product), graph, remedy))
    assert send(product, "accepted") == 201
    assert product.get("/api/v1/alerts", token).ok
    done = headwater("rebuild", "graph", "--data-dir", data, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["complete"] is True
    assert down(product) == {}
    lines = settled_export(product)
    assert [line for line in lines if b"job after" not in line and b'"raw"' not in line] == [
        line for line in template.export if b'"raw"' not in line
    ]
    assert doctor(data)[0] == 0


@pytest.mark.parametrize("damage", [empty, remove])
def test_a_lost_graph_is_filled_again_from_the_log(
    template: Template, data: Path, start: Callable[[], Product], damage: Callable[[Path], None]
) -> None:
    damage(data / "graph.db")
    product = start()
    assert settled_export(product) == template.export
    eventually(lambda: down(product) == {})


@pytest.mark.parametrize("damage", [noise_beyond_the_first_page, garble_header, empty, remove])
def test_damaged_accounts_let_nobody_in_and_are_not_replaced(
    data: Path, start: Callable[[], Product], damage: Callable[[Path], None]
) -> None:
    accounts = data / "auth.db"
    damage(accounts)
    code, told = doctor(data)
    assert (code, told["auth"]["ok"]) == (1, False)
    assert str(accounts) in told["auth"]["about"]
    product = start()
    assert not any("password" in line for line in product.output)
    login = {"username": "admin", "password": product.admin_password}
    assert is_damage(requests.post(f"{product.url}/api/v1/auth/login", json=login, timeout=20), accounts, "backup")
    assert is_damage(product.post(LINEAGE, run_event("job after", "after")), accounts, "backup")
    assert is_damage(product.get("/api/v1/graph/search", "some token"), accounts, "backup")
    eventually(lambda: names(down(product), accounts, "backup"))
    assert requests.get(f"{product.url}/livez", timeout=20).ok


@pytest.mark.parametrize("damage", [noise_in_all_but_the_header, garble_header, empty])
@pytest.mark.parametrize(
    ("name", "routes"),
    [("metrics", ["/api/v1/predictions?model={model}&id=1"]), ("alerting", ["/api/v1/alerts", "/api/v1/alerts/rules"])],
)
def test_damaged_metrics_or_alerts_stop_themselves_alone(
    data: Path, start: Callable[[], Product], name: str, routes: list[str], damage: Callable[[Path], None]
) -> None:
    file = data / f"{name}.db"
    damage(file)
    code, told = doctor(data)
    assert (code, told[name]["ok"]) == (1, False)
    product = start()
    token = product.login()
    for route in routes:
        assert is_damage(product.get(route.format(model="a" * 26), token), file, "backup")
    eventually(lambda: names(down(product), file, "backup"))
    assert send(product, "accepted") == 201
    eventually(lambda: product.get("/api/v1/graph/search", token, q="job after").json()["items"])


def test_damage_is_said_on_the_terminal_and_the_processes_stay(data: Path, start: Callable[[], Product]) -> None:
    garble_header(data / "metrics.db")
    product = start()
    pids = [product.child(name).pid for name in ("front", "workers")]
    assert product.process is not None
    assert product.process.stdout is not None
    line = product.process.stdout.readline()
    assert str(data / "metrics.db") in line
    assert "restore" in line
    time.sleep(2)
    assert [product.child(name).pid for name in ("front", "workers")] == pids
