"""Checks that the servers of a distributed installation answer with the settings of the services."""

from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial

from headwater.bus.kafka import KafkaBus
from headwater.cli.installation import Settings
from headwater.contracts import topics
from headwater.graph.neo4j import Neo4jGraph
from headwater.runtime.logs.redaction import redact_text
from headwater.runtime.storage import database

NEO4J_SECONDS = 15.0
"""A first connection to a server on a busy machine takes longer than the services would wait for an answer."""


class Unfit(Exception):
    """What is wrong with a server, and the setting to look at."""


def checks(settings: Settings) -> Mapping[str, Callable[[], str]]:
    """The check of each server by name: returns a description, or raises Unfit."""
    return {
        "kafka": partial(_asked, _kafka, settings, settings.kafka_bootstrap, "HEADWATER_KAFKA_BOOTSTRAP"),
        "neo4j": partial(
            _asked,
            _neo4j,
            settings,
            settings.neo4j_uri,
            "HEADWATER_NEO4J_URI, HEADWATER_NEO4J_USER and HEADWATER_NEO4J_PASSWORD",
        ),
        "postgresql": partial(
            _asked, _postgresql, settings, _without_password(settings.database_url.reveal()), "HEADWATER_DATABASE_URL"
        ),
    }


def _asked(ask: Callable[[Settings], str], settings: Settings, address: str, variables: str) -> str:
    if not address:
        raise Unfit(f"{variables} is not set")
    try:
        return f"{ask(settings)} at {address}"
    except Unfit as unfit:
        raise Unfit(f"{address}: {unfit}") from None
    except Exception as error:  # any error of a driver for a wrong address or a dead server is a finding
        found = " ".join(redact_text(str(getattr(error, "orig", None) or error)).split()) or type(error).__name__
        raise Unfit(f"{address}: {found}: start it, or correct {variables}") from None


def _kafka(settings: Settings) -> str:
    with closing(KafkaBus(settings.kafka_bootstrap, client_id="headwater-doctor")) as bus:
        wanted = topics.partitions(embedded=False)
        missing = sorted(wanted.keys() - bus.created())
    if missing:
        raise Unfit(f"it answers but lacks {', '.join(missing)}: run headwater migrate")
    return f"answers, with all {len(wanted)} topics,"


def _neo4j(settings: Settings) -> str:
    with closing(Neo4jGraph(settings.neo4j_uri, settings.neo4j_user, settings.neo4j_password.reveal())) as graph:
        graph.check(NEO4J_SECONDS)
    return "answers"


def _postgresql(settings: Settings) -> str:
    engine = database.connect(settings.database_url.reveal(), schema="public", pragmas=())
    try:
        database.check(engine)
    finally:
        engine.dispose()
    return "answers"


def _without_password(url: str) -> str:
    """The address of a database without its password; the name of the variable if it is invalid."""
    if not url:
        return ""
    import sqlalchemy as sa

    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return "HEADWATER_DATABASE_URL"
