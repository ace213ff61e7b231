"""`headwater doctor` of a distributed installation checks the servers themselves, with the settings of the services."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from headwater.bus.kafka import KafkaBus
from headwater.bus.topics import create_all
from headwater.embedded.services import ALERTING
from headwater.local.ports import free_port
from headwater.runtime.hosting.periodic import LastRun
from headwater.runtime.hosting.periodic_table import DatabaseLedger
from tests.integration.commands import headwater
from tests.servers import Neo4jAddress

pytestmark = pytest.mark.integration
START = 1_700_000_000_000_000


@pytest.fixture
def settings(kafka: str, neo4j: Neo4jAddress, postgres_url: str) -> dict[str, str]:
    """The settings of services on these servers; their topics exist."""
    bus = KafkaBus(kafka, client_id="test")
    create_all(bus, embedded=False)
    bus.close()
    return {
        "HEADWATER_MODE": "distributed",
        "HEADWATER_KAFKA_BOOTSTRAP": kafka,
        "HEADWATER_NEO4J_URI": neo4j.uri,
        "HEADWATER_NEO4J_USER": neo4j.user,
        "HEADWATER_NEO4J_PASSWORD": neo4j.password,
        "HEADWATER_DATABASE_URL": postgres_url,
    }


def doctor(settings: dict[str, str]) -> tuple[int, dict[str, Any]]:
    done = headwater("doctor", "--json", env=settings)
    assert "Traceback" not in done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {line["check"]: line for line in lines}


def test_servers_that_answer_are_good_and_named_with_their_addresses(settings: dict[str, str], kafka: str) -> None:
    code, found = doctor(settings)
    assert code == 0, found
    assert kafka in found["kafka"]["about"]
    assert settings["HEADWATER_NEO4J_URI"] in found["neo4j"]["about"]
    password = sa.make_url(settings["HEADWATER_DATABASE_URL"]).password
    assert password
    assert password not in found["postgresql"]["about"]
    assert found["tasks"]["about"] == "delete_expired_attempts has not run yet, judge_closed_windows has not run yet"


def test_a_periodic_task_that_failed_is_named_with_its_reason(settings: dict[str, str]) -> None:
    assert ALERTING.needs.database is not None
    engine = ALERTING.needs.database.open(settings["HEADWATER_DATABASE_URL"])
    ledger = DatabaseLedger(engine)
    try:
        assert ledger.begin("judge_closed_windows", now=START, due_before=START)
        ledger.end(LastRun("judge_closed_windows", START, START + 1, "failed", "no space left"))
        code, found = doctor(settings)
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE periodic_tasks"))
        engine.dispose()
    assert (code, found["tasks"]["ok"]) == (1, False)
    assert "judge_closed_windows at 2023-11-14T22:13:20.000000Z: no space left" in found["tasks"]["about"]


@pytest.mark.parametrize(
    ("variable", "value", "server"),
    [
        ("HEADWATER_KAFKA_BOOTSTRAP", "127.0.0.1:{port}", "kafka"),
        ("HEADWATER_NEO4J_URI", "bolt://127.0.0.1:{port}", "neo4j"),
        ("HEADWATER_NEO4J_PASSWORD", "not the password", "neo4j"),
        ("HEADWATER_DATABASE_URL", "postgresql://u:not-the-password@127.0.0.1:{port}/d", "postgresql"),
        ("HEADWATER_DATABASE_URL", "no address", "postgresql"),
        ("HEADWATER_DATABASE_URL", "", "postgresql"),
    ],
)
def test_one_that_does_not_answer_is_named_with_its_setting(
    settings: dict[str, str], variable: str, value: str, server: str
) -> None:
    value = value.format(port=free_port())
    code, found = doctor(settings | {variable: value})
    assert code == 1
    assert not found[server]["ok"]
    assert variable in found[server]["about"]
    assert "not the password" not in found[server]["about"]
    assert "not-the-password" not in found[server]["about"]
    assert [name for name, line in found.items() if not line["ok"]] == [server]
    if value:
        assert ("cannot be read" in found["tasks"]["about"]) == (server == "postgresql")
