"""Tables on SQLite, for some tests on PostgreSQL too, and results as the metrics-engine publishes them."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from headwater.alerting import database


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = database.DATABASE.connect(f"sqlite:///{tmp_path / 'alerting.db'}")
    database.DATABASE.migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[sa.Engine]:
    schema = f"alerting_{uuid.uuid4().hex}"
    engine = database.DATABASE.connect(postgres_url, schema=schema)
    database.DATABASE.migrate(engine, schema=schema)
    yield engine
    with engine.begin() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def both(request: pytest.FixtureRequest) -> sa.Engine:
    """The same test on both databases."""
    name = "engine" if request.param == "sqlite" else "postgres_engine"
    found: sa.Engine = request.getfixturevalue(name)
    return found
