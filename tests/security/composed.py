"""Every service with real stores on disk, connected as in production, with some data of every kind."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import flask
import sqlalchemy as sa
from flask.testing import FlaskClient

from headwater.alerting import database as alerting_tables
from headwater.alerting import store as alerting_store
from headwater.alerting.rules import Change, Rule
from headwater.api_gateway.settings import Settings as GatewaySettings
from headwater.auth import accounts, people
from headwater.auth.hashing import Hasher
from headwater.auth.keys import create_key
from headwater.auth.store import Store, open_store
from headwater.bus.audit_log import AuditLog
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.topics import create_all
from headwater.contracts.identity import ALL, Visible
from headwater.contracts.metrics import Window
from headwater.contracts.permissions import NAMES
from headwater.contracts.predictions import ModelRef
from headwater.embedded.services import ALERTING, API_GATEWAY, AUTH, INGEST_GATEWAY, METRICS_ENGINE, STREAM
from headwater.graph.sqlite import EmbeddedGraph
from headwater.graph.state.facts import DatasetFact, Fact, ModelFact, RunFact, Stamp
from headwater.metrics_engine import database as engine_tables
from headwater.runtime.identity.verifier import LocalIdentityFeed, Principal, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.web.application import PRINCIPAL_ENVIRON
from headwater.runtime.web.forward import wsgi_upstream
from tests.hosting import application
from tests.security.programs import PEPPER

ROWS = 7
SPACES = ("team", "teamb", "secret")
PASSWORD = "violet harbour at noon"


class Composed(NamedTuple):
    """`apps` by service; the api-gateway forwards to the others. `token`: of an owner."""

    apps: Mapping[str, flask.Flask]
    graph: EmbeddedGraph
    subject: str
    token: str
    close: Callable[[], None]

    def client(self, service: str = "api-gateway", *, visible: Visible = ALL) -> FlaskClient:
        """A principal with all permissions on what `visible` shows."""
        prefixes = ("",) if visible.everything else visible.prefixes
        principal = Principal(self.subject, NAMES, visible, "user", dict.fromkeys(NAMES, prefixes))
        client = self.apps[service].test_client()
        shown = {PRINCIPAL_ENVIRON: principal, "HTTP_AUTHORIZATION": f"Bearer {self.token}"}
        client.environ_base = client.environ_base | shown  # type: ignore[assignment]
        return client


def composed(directory: Path) -> Composed:
    store = open_store(f"sqlite:///{directory / 'auth.db'}", pepper=PEPPER, hasher=Hasher(memory_kib=8))
    subject = _people(store)
    graph = EmbeddedGraph(directory / "graph.db")
    graph.ensure_schema()
    graph.acquire("test")
    graph.apply(_facts(), {})
    rules = alerting_tables.DATABASE.connect(f"sqlite:///{directory / 'alerting.db'}")
    alerting_tables.DATABASE.migrate(rules)
    _alerts(rules)
    measured = engine_tables.DATABASE.connect(f"sqlite:///{directory / 'metrics.db'}")
    engine_tables.DATABASE.migrate(measured)
    bus = EmbeddedBus(directory / "log")
    create_all(bus, embedded=True)
    audit = AuditLog(bus.producer())
    verifier = Verifier(LocalIdentityFeed(store.identity_snapshot, interval=0.0), PEPPER, Secret("service"))
    owners = {
        "auth": application(AUTH, engine=store.engine, verifier=verifier, also={Store: store}),
        "metrics-engine": application(METRICS_ENGINE, engine=measured, verifier=verifier),
        "alerting": application(ALERTING, engine=rules, verifier=verifier),
    }
    upstreams = {name: wsgi_upstream(app) for name, app in owners.items()}
    gateway = application(API_GATEWAY, graph=graph, upstreams=upstreams, verifier=verifier, audit=audit)
    none_free = GatewaySettings(stream_clients=0)
    apps = owners | {
        "api-gateway": gateway,
        "ingest-gateway": application(INGEST_GATEWAY, bus=bus, verifier=verifier, audit=audit),
        "stream": application(STREAM, none_free, bus=bus, verifier=verifier),
    }

    def close() -> None:
        graph.close()
        audit.close()
        bus.close()
        store.close()
        rules.dispose()
        measured.dispose()

    answered = gateway.test_client().post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
    return Composed(apps, graph, subject, answered.get_json()["access_token"], close)


def _people(store: Store) -> str:
    """The owner's subject; a user, a key and several audit records a row."""
    subject = accounts.create_user(store, "ada", PASSWORD, roles=["owner"])
    for number in range(ROWS):
        accounts.create_user(store, f"user{number}", PASSWORD, roles=["viewer"])
        create_key(store, f"key {number}", owner=people.Target(subject))
    return subject


def _facts() -> list[Fact]:
    facts: list[Fact] = []
    for space in SPACES:
        for number in range(ROWS):
            stamp = Stamp(number + 1, f"{space}{number}")
            table = (space, f"table {number} " + "long" * (100 * number))
            facts += [
                DatasetFact(table, stamp, {"custom": b'{"at":{"namespace":"secret","name":"salaries"}}'}),
                RunFact(key=(space, "load", f"run {number}"), stamp=stamp, type="COMPLETE", outputs=(table,)),
                ModelFact(model=(space, f"model {number}"), version="1", stamp=stamp, action="registered"),
            ]
    return facts


def _alerts(engine: sa.Engine) -> None:
    window = Window(0, 86_400_000_000)
    with alerting_tables.writing(engine) as connection:
        for space in SPACES:
            for number in range(ROWS):
                rule = Rule(
                    id=f"{space}-{number}",
                    name=f"rule {number}",
                    model=ModelRef(space, "model 0"),
                    metric="accuracy",
                    comparison="below",
                    threshold=0.8,
                    severity="critical",
                    for_windows=1,
                )
                change = Change("firing", window, 1, 0.5, 90)
                alert = alerting_store.Alert(f"a-{rule.id}", rule, "1", "firing", 0.5, 90, number // 2, window)
                alerting_store.add_rule(connection, rule, created_at=number // 2)
                alerting_store.save_alert(connection, alert)
                alerting_store.add_changes(connection, alert.id, [change], recorded_at=number)
