"""`docs/start.md` and the README followed literally: their blocks run in a fresh checkout."""

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import psutil
import pytest

from headwater.cli.__main__ import main
from tests.integration.commands import shell
from tests.integration.publishing import Around, around
from tests.patience import LONG
from tests.product import Product, eventually

pytestmark = pytest.mark.embedded
ROOT = Path(__file__).parents[2]
START, README = ROOT / "docs" / "start.md", ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?<![\w/-])(?:\.venv/bin/)?headwater ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")


class Block(NamedTuple):
    kind: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found.groups()) for found in BLOCK.finditer(page.read_text())]


def typed(page: Path) -> list[str]:
    """The commands in the page's console blocks, without comments."""
    lines = [line for kind, text in blocks(page) if kind == "console" for line in text.splitlines()]
    return [re.sub(r"\s+# .*", "", line[2:]) for line in lines if line.startswith("$ ")]


class MadeProduct(Product):
    """`make run` in a checkout."""

    def command(self) -> list[str]:
        return ["make", "-C", str(self.data_dir.parent), "run"]

    def stop(self, *, seconds: float = LONG) -> int:
        """Ctrl-C reaches make and what it runs; make waits for the latter."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children():
            child.send_signal(signal.SIGINT)
        self.process.wait(seconds)
        return super().stop()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This workspace under another path, so that its `data` is not the developer's."""
    subprocess.run(["make", "-C", ROOT, ".cache/made/frontend"], check=True, capture_output=True)
    place = tmp_path_factory.mktemp("checkout")
    for entry in ROOT.iterdir():
        if entry.name not in {"data", ".git"}:
            (place / entry.name).symlink_to(entry)
    return place


@pytest.fixture(scope="module")
def made(checkout: Path) -> Iterator[MadeProduct]:
    product = MadeProduct(checkout / "data")
    try:
        product.start()
        yield product
    finally:
        if product.process is not None and product.process.poll() is None:
            assert product.stop() == 0


def test_make_run_prints_what_the_page_shows(made: MadeProduct) -> None:
    assert "make run" in typed(START)
    assert "make run" in typed(README)
    [shown] = [text for kind, text in blocks(START) if kind == "text"]
    labels = [line.split("  ")[0].split("http")[0] for line in shown.splitlines()]
    printed = [line for line in made.output if not line.startswith("port ")][-len(labels) :]
    assert [line.startswith(label) for line, label in zip(printed, labels, strict=True)] == [True] * len(labels)


def test_the_blocks_of_the_page_do_what_it_says(made: MadeProduct, checkout: Path) -> None:
    point = next(line for line in typed(START) if line.startswith("eval "))
    assert point in typed(README)
    scripts = [text for kind, text in blocks(START) if kind == "sh"]
    assert len(scripts) == 2
    done = subprocess.run(
        ["sh", "-euc", "\n".join([point, *scripts])],
        cwd=checkout,
        env=shell(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"status":4' not in done.stdout
    token = made.login()
    expected = Around("daily_orders", frozenset({"shop.orders"}), frozenset({"orders"}))
    assert eventually(lambda: around(made, token, "daily_orders", "shop")) == expected
    model = eventually(lambda: made.get("/api/v1/models", token, q="late-orders").json()["items"])[0]["id"]
    found = eventually(lambda: _labelled(made, token, model))
    assert found["output"]["name"] == "late_orders"
    assert "shop.orders" in {node["name"] for node in found["scene"]["nodes"]}
    assert eventually(lambda: _measured(made, token, model)) == [1.0]


def _measured(product: Product, token: str, model: str) -> list[float]:
    points = product.get(f"/api/v1/models/{model}/metrics", token, metric="accuracy").json()["points"]
    return [point["value"] for point in points if point["labelled"]]


def _labelled(product: Product, token: str, model: str) -> dict[str, object] | None:
    answer = product.get("/api/v1/predictions", token, model=model, id="order-1")
    return answer.json() if answer.ok and answer.json()["labels"] else None


def test_the_story_is_there_and_goes_as_the_page_says(made: MadeProduct, checkout: Path) -> None:
    token = made.login()
    eventually(lambda: '"complete"' in (made.data_dir / "sample.json").read_text())
    assert eventually(lambda: made.get("/api/v1/models", token, q="customer-churn").json()["items"])
    [remove] = [line for line in typed(START) if "sample remove" in line]
    subprocess.run(["sh", "-euc", remove], cwd=checkout, env=shell(), check=True, capture_output=True)
    assert [m["name"] for m in made.get("/api/v1/models", token).json()["items"]] == ["late-orders"]


def test_every_command_that_a_page_names_exists() -> None:
    pages = [README, *sorted((ROOT / "docs").rglob("*.md"))]
    named = {(page.name, found) for page in pages for found in COMMAND.findall(page.read_text())}
    assert len(named) > 5
    missing = sorted((page, words) for page, words in named if not _exists(words.split()))
    assert not missing


def _exists(words: list[str]) -> bool:
    """Whether the first word is a command, and the second one of its own commands where it has any."""
    assert isinstance(main, click.Group)
    found = main.get_command(click.Context(main), words[0])
    if isinstance(found, click.Group) and len(words) > 1:
        return words[1] in found.list_commands(click.Context(found))
    return found is not None
