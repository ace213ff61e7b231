"""The real servers: ready by protocol, killed and back at the same address with what was acknowledged."""

import psycopg2
import pytest

from headwater.local import Servers
from headwater.local.server import Server


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
