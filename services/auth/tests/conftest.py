"""A store on SQLite with a moved-by-hand clock and cheap hashes, the application around it, and callers."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from headwater.auth import accounts, database
from headwater.auth.app import create_app
from headwater.auth.hashing import Hasher
from headwater.auth.settings import Settings
from headwater.auth.store import Store, open_store
from headwater.contracts.identity import Binding
from headwater.runtime.health import Health
from headwater.runtime.identity import LocalIdentityFeed, Verifier
from headwater.runtime.metrics import Metrics
from headwater.runtime.settings import Secret

PEPPER = Secret("a pepper for tests that is long enough")
SERVICE_TOKEN = Secret("a service token for tests")
PASSWORD = "violet harbour at noon"
START = 1_790_000_000_000_000
SECOND = 1_000_000


class Clock:
    """Microseconds; stands still until moved."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float) -> None:
        self.now += int(seconds * SECOND)


class CountingHasher(Hasher):
    """Remembers how many hashes were computed."""

    def __init__(self) -> None:
        super().__init__(memory_kib=8)
        self.computed = 0

    def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        self.computed += 1
        return super().verify(password, stored)


def cheap_hasher() -> CountingHasher:
    hasher = CountingHasher()
    hasher.verify("warm", None)
    hasher.computed = 0
    return hasher


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'auth.db'}"
        return
    base = sa.make_url(request.getfixturevalue("postgres_url"))
    name = f"auth_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield base.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[Store]:
    opened = open_store(database_url, pepper=PEPPER, hasher=cheap_hasher(), clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def settings() -> Settings:
    return Settings(pepper=PEPPER, service_token=SERVICE_TOKEN)


@pytest.fixture
def verifier(store: Store, clock: Clock) -> Verifier:
    """A verifier that asks the store each time: tests wait for nothing."""
    return Verifier(LocalIdentityFeed(store.identity_snapshot, interval=0.0), PEPPER, SERVICE_TOKEN, clock)


Made = Callable[[Settings], flask.Flask]


@pytest.fixture
def make_app(store: Store, verifier: Verifier, clock: Clock) -> Made:
    def made(settings: Settings) -> flask.Flask:
        return create_app(
            settings, store=store, health=Health(), metrics=Metrics("auth"), verifier=verifier, clock=clock
        )

    return made


@pytest.fixture
def app(make_app: Made, settings: Settings) -> flask.Flask:
    return make_app(settings)


class Caller(NamedTuple):
    """Somebody logged in: a client with its own cookies, and what it sends."""

    client: FlaskClient
    subject: str
    headers: dict[str, str]


LogIn = Callable[..., Caller]


@pytest.fixture
def log_in(app: flask.Flask, store: Store) -> LogIn:
    """Makes a user with this role and logs them in."""

    def made(name: str = "ada", role: str = "viewer", prefix: str = "") -> Caller:
        subject = accounts.create_user(store, name, PASSWORD, roles=[Binding(role, prefix)])
        client = app.test_client()
        answered = client.post("/api/v1/auth/login", json={"username": name, "password": PASSWORD})
        assert answered.status_code == 200, answered.text
        headers = {"Authorization": f"Bearer {answered.json['access_token']}"}
        return Caller(client, subject, headers)

    return made


OWN_CLIENT = {"X-Headwater-Client": "web", "Sec-Fetch-Site": "same-origin"}


def actions(store: Store) -> list[tuple[str, str]]:
    """What the audit trail holds: action and outcome, oldest first."""
    from headwater.auth import trail

    with store.reading() as connection:
        return [(found.event.action, found.event.outcome) for found in trail.read(connection)]


__all__ = ["OWN_CLIENT", "PASSWORD", "PEPPER", "SERVICE_TOKEN", "Caller", "Clock", "LogIn", "actions", "database"]
