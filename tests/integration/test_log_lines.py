"""Every line that a program logs is one JSON object, whichever library writes it."""

import contextlib
import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.local.ports import free_port
from tests.integration.commands import HEADWATER, shell
from tests.integration.test_interrupted import NOWHERE
from tests.patience import LONG, eventually

pytestmark = pytest.mark.integration


@contextlib.contextmanager
def logging_to(file: Path, command: list[str], **variables: str) -> Iterator[int]:
    """A program that listens; its port. It is ended by SIGTERM."""
    port = free_port()
    with file.open("wb") as output:
        arguments = [argument.format(port=port) for argument in command]
        process = subprocess.Popen(arguments, stdout=output, stderr=output, env=shell(**variables))
    try:
        eventually(lambda: _listens(port) or process.poll() is not None)
        assert process.poll() is None, file.read_text()
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LONG)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=LONG).close()
        return True
    return False


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_gevent_and_what_it_refuses(tmp_path: Path) -> None:
    command = [str(HEADWATER), "serve", "stream", "--port", "{port}"]
    with logging_to(tmp_path / "log", command, **NOWHERE) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=LONG) as caller:
            caller.sendall(b"no request at all\r\n\r\n")
            assert b"400" in caller.recv(1_000)
        eventually(lambda: any(line["component"] == "gevent" for line in lines(tmp_path / "log")))
    assert {line["service"] for line in lines(tmp_path / "log")} == {"stream"}
