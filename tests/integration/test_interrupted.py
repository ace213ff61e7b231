"""Ctrl-C at any time during any command: it ends without a traceback."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from headwater.embedded.configuration import PROGRAMS
from tests.integration.commands import HEADWATER, shell
from tests.patience import LONG, eventually
from tests.product import Product, running

pytestmark = pytest.mark.integration
LOCAL = [sys.executable, "-m", "headwater.local"]
DISTRIBUTED = [sys.executable, "-m", "headwater.local.distributed"]
STREAM = [sys.executable, "-m", "headwater.api_gateway.gevent_stream"]
NOWHERE = {
    "HEADWATER_MODE": "distributed",
    "HEADWATER_DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d",
    "HEADWATER_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "HEADWATER_NEO4J_URI": "bolt://127.0.0.1:1",
    "HEADWATER_AUTH_URL": "http://127.0.0.1:1",
    "HEADWATER_PUBLIC_URL": "http://127.0.0.1",
    "HEADWATER_SERVICE_TOKEN": "t" * 40,
    "HEADWATER_PEPPER": "p" * 40,
    "HEADWATER_PORT": "0",
}


@contextmanager
def started(command: Sequence[str | Path], output: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command in its own process group, as in a terminal: its child processes get Ctrl-C too."""
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*map(str, command)],
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=file,
            env=shell(**more),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def interrupted(process: subprocess.Popen[bytes], output: Path) -> int:
    """Its exit code after Ctrl-C, which must end it without a traceback."""
    os.killpg(process.pid, signal.SIGINT)
    code = process.wait(LONG)
    text = output.read_text()
    assert "Traceback" not in text, text
    assert "KeyboardInterrupt" not in text, text
    return code


@pytest.mark.parametrize(
    ("command", "module"),
    [([HEADWATER, "version"], "click"), ([*LOCAL, "status"], "psutil"), (DISTRIBUTED, "psutil"), (STREAM, "flask")],
    ids=["headwater", "servers", "run-distributed", "stream"],
)
def test_a_program_that_is_still_importing(command: list[str | Path], module: str, tmp_path: Path) -> None:
    slow = "import sys\nprint('importing', flush=True)\nsys.stdin.buffer.raw.read(1)\n"
    (tmp_path / f"{module}.py").write_text(slow)
    output = tmp_path / "output"
    with started(command, output, PYTHONPATH=str(tmp_path)) as process:
        eventually(lambda: "importing" in output.read_text())
        assert interrupted(process, output) == -signal.SIGINT


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_service_that_waits_for_its_servers(program: str, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with started([HEADWATER, "serve", program], output, **NOWHERE) as process:
        eventually(lambda: "refused" in output.read_text() or process.poll() is not None)
        interrupted(process, output)


IN_A_FINALISER = """
import signal, sys, threading
import click
from headwater.cli import entry

class Finalised:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def work():
    Finalised()
    threading.Event().wait()

entry.command = click.command()(work)
sys.argv = ["headwater"]
entry.main()
"""


def test_a_command_that_is_in_a_finaliser_where_exceptions_are_lost() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FINALISER], capture_output=True, text=True, timeout=LONG, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (1, "Aborted!")


@pytest.mark.embedded
def test_the_embedded_product_that_is_still_starting(tmp_path: Path) -> None:
    output, data = tmp_path / "output", tmp_path / "data"
    with started([HEADWATER, "up", "--data-dir", data, "--port", "0"], output) as process:
        eventually((data / "logs" / "workers.log").exists)
        interrupted(process, output)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("interrupted") / "data", "--port", "0", "--sample") as own:
        yield own


@pytest.mark.embedded
@pytest.mark.parametrize("words", ["rebuild graph", "sample remove", "sample add", "export graph", "doctor --deep"])
def test_a_command_that_is_at_work_gives_back_what_it_took(product: Product, words: str, tmp_path: Path) -> None:
    """Running: its own modules are loaded, as an import hook of the interpreter shows."""
    output = tmp_path / "output"
    last = words.split()[0].replace("-", "_")
    hook = f"""
        import sys
        class Shows:
            def find_spec(self, name, path=None, target=None):
                if name == "headwater.cli.commands.{last}":
                    print("at work", flush=True)
        sys.meta_path.insert(0, Shows())
    """
    (tmp_path / "sitecustomize.py").write_text(textwrap.dedent(hook))
    command: list[str | Path] = [HEADWATER, *words.split(), "--data-dir", product.data_dir]
    with started(command, output, PYTHONPATH=str(tmp_path)) as process:
        eventually(lambda: "at work" in output.read_text())
        assert interrupted(process, output) in (0, 1)
    assert eventually(lambda: product.get("/readyz", "").ok)
    assert not (product.data_dir / "maintenance-request").exists()


@pytest.mark.servers
@pytest.mark.parametrize("step", ["starting Kafka", "creating tables", "starting auth"])
def test_run_distributed_at_each_step_of_its_start(step: str, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with started(DISTRIBUTED, output) as process:
        eventually(lambda: step in output.read_text() or process.poll() is not None)
        assert interrupted(process, output) == 0
    assert output.read_text().rstrip().endswith("stopped")
