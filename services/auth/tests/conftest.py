"""A store on SQLite with a moved-by-hand clock and cheap hashes, the application around it, and callers."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import flask
import pytest
import sqlalchemy as sa

from headwater.auth import accounts, database
from headwater.auth.service import SERVICE as AUTH
from headwater.auth.settings import Settings
from headwater.auth.store import Store, open_store
from headwater.contracts.identity import Binding
from headwater.runtime.identity.verifier import Verifier
from tests.hosting import application

from .callers import PASSWORD, PEPPER, SERVICE_TOKEN, Caller, Clock, LogIn, Made, cheap_hasher


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables created: copied for each test, which is faster than creating them."""
    file = tmp_path_factory.mktemp("auth") / "empty.db"
    database.migrate(f"sqlite:///{file}")
    engine = database.connect(f"sqlite:///{file}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[str]:
    """A database of each kind; on PostgreSQL the store creates the tables itself."""
    if request.param == "sqlite":
        shutil.copy(migrated, tmp_path / "auth.db")
        yield f"sqlite:///{tmp_path / 'auth.db'}"
        return
    yield from empty_postgres(request.getfixturevalue("postgres_url"))


def empty_postgres(url: str) -> Iterator[str]:
    """A separate database on that server, dropped afterwards."""
    base = sa.make_url(url).set(drivername="postgresql+psycopg2")
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
    """A verifier that reads the store each time, so that tests do not wait."""
    return Verifier(store.identity_feed(interval=0.0), PEPPER, SERVICE_TOKEN, clock)


@pytest.fixture
def make_app(store: Store, verifier: Verifier, clock: Clock) -> Made:
    def made(settings: Settings) -> flask.Flask:
        return application(AUTH, settings, engine=store.engine, verifier=verifier, also={Store: store}, clock=clock)

    return made


@pytest.fixture
def app(make_app: Made, settings: Settings) -> flask.Flask:
    return make_app(settings)


@pytest.fixture
def log_in(app: flask.Flask, store: Store) -> LogIn:
    """Makes a user with this role and logs them in."""

    def made(name: str = "ada", role: str = "viewer", prefix: str = "") -> Caller:
        subject = accounts.create_user(store, name, PASSWORD, roles=[Binding(role, prefix)])
        client = app.test_client()
        answered = client.post("/api/v1/auth/login", json={"username": name, "password": PASSWORD})
        assert answered.status_code == 200, answered.text
        headers = {"Authorization": f"Bearer {answered.get_json()['access_token']}"}
        return Caller(client, subject, headers)

    return made
