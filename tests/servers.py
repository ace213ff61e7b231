"""Real servers for tests: the fixtures `kafka`, `neo4j`, `postgres_url`, and `servers` to kill and restart them.

Each server starts when the first test asks for it and serves the whole session; parallel workers (`-n`) have a set
each, because tests kill servers and empty the one database of Neo4j.
If a server is not available, the test fails. A test that uses one of these fixtures is marked `servers`.

HEADWATER_TEST_SERVERS=FILE  use the running set that `python -m headwater.local up` describes in FILE (addresses.json);
                             without `-n`
HEADWATER_TEST_DOCKER=1      use containers instead, with a Docker engine
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from headwater.local.addresses import Addresses
from headwater.local.servers import Servers

_FIXTURES = frozenset({"kafka", "neo4j", "postgres_url", "servers"})


class Neo4jAddress(NamedTuple):
    uri: str
    user: str
    password: str


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Control: `servers.kafka.kill9()`, `servers.kafka.start()`, likewise `neo4j` and `postgres`."""
    running = os.environ.get("HEADWATER_TEST_SERVERS")
    if running:
        yield Servers(Path(Addresses.load(Path(running)).directory), tied=False)
    else:
        with Servers() as own:
            yield own


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    """`host:port` of a broker."""
    yield from (found.kafka_bootstrap for found in _addresses(request, "kafka"))


@pytest.fixture(scope="session")
def neo4j(request: pytest.FixtureRequest) -> Iterator[Neo4jAddress]:
    """Bolt address, user and password of an empty database; tests clear what they write."""
    for found in _addresses(request, "neo4j"):
        yield Neo4jAddress(found.neo4j_uri, found.neo4j_user, found.neo4j_password)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """`postgresql://user:password@host:port/database`; use a schema of your own."""
    yield from (found.postgres_url for found in _addresses(request, "postgres"))


def _addresses(request: pytest.FixtureRequest, name: str) -> Iterator[Addresses]:
    running = os.environ.get("HEADWATER_TEST_SERVERS")
    if running:
        yield Addresses.load(Path(running))
    elif os.environ.get("HEADWATER_TEST_DOCKER") == "1":
        from tests.containers import container

        with container(name) as addresses:
            yield addresses
    else:
        control: Servers = request.getfixturevalue("servers")
        yield control.start(name)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)
