"""The real servers: ready by protocol; after a kill back at the same address with all acknowledged data."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from headwater.local.distributed.watching import Watched
from headwater.local.processes import Identity
from headwater.local.server import Server
from headwater.local.servers import Servers
from tests.product import eventually


@pytest.fixture(params=["kafka", "neo4j", "postgres"])
def server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    name: str = request.param
    servers.start(name)
    return servers[name]


def test_a_killed_server_comes_back_at_its_address(server: Server) -> None:
    port = server.state["port"]
    server.kill9()
    assert not server.running()
    assert not server.ready()
    server.start()
    assert server.ready()
    assert server.state["port"] == port


def test_starting_a_running_server_leaves_it_alone(servers: Servers, server: Server) -> None:
    before = server.identity()
    servers.start(server.name)
    assert server.identity() == before


def test_a_set_known_by_its_directory_alone_is_the_same_set(servers: Servers, server: Server) -> None:
    other = Servers(servers.directory, tied=False)
    assert other.addresses() == servers.addresses()
    assert other[server.name].identity() == server.identity()


def test_postgres_keeps_committed_rows_through_a_kill(postgres_url: str, servers: Servers) -> None:
    with psycopg2.connect(postgres_url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    connection.close()
    servers.postgres.kill9()
    servers.postgres.start()
    with psycopg2.connect(postgres_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT n FROM kept")
        assert cursor.fetchall() == [(7,)]
        cursor.execute("DROP TABLE kept")
    connection.close()


OWNER = """
import sys
from pathlib import Path
from headwater.local.servers import Servers
servers = Servers(Path(sys.argv[1]))
servers.start(sys.argv[2])
print("started", flush=True)
input()
"""


@pytest.mark.servers
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
@pytest.mark.parametrize("name", ["kafka", "neo4j", "postgres"])
def test_a_server_and_its_children_die_with_an_owner_that_is_killed(name: str, open_directory: Path) -> None:
    arguments = [sys.executable, "-c", OWNER, str(open_directory), name]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == "started\n"
        family = []
        for process in psutil.Process(owner.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # PostgreSQL has short-lived child processes
                family.append(Identity.of(process.pid))
        assert family
        owner.kill()
    eventually(lambda: not [process for process in family if process.alive()])


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """PostgreSQL, running as another user, may traverse it."""
    directory = Path(tempfile.mkdtemp(prefix="headwater-owned-"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def test_a_server_that_dies_is_started_again_where_it_was(server: Server) -> None:
    lines: list[str] = []
    watched, before = Watched(server, lines.append), server.identity()
    assert before
    assert not watched.turn(time.monotonic())
    psutil.Process(before.pid).kill()
    eventually(lambda: watched.turn(time.monotonic()))
    eventually(server.ready)
    assert server.identity() != before
    assert lines == [f"{server.name} ended and was started again; its log is {server.log}"]


def test_a_server_that_was_stopped_with_our_own_command_stays_down(postgres_url: str, servers: Servers) -> None:
    lines: list[str] = []
    watched = Watched(servers.postgres, lines.append)
    servers.postgres.stop()
    assert not watched.turn(time.monotonic())
    assert len(lines) == 1
    servers.postgres.start()
    assert not watched.turn(time.monotonic())
    assert not servers.postgres.put_down
