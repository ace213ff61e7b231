"""A PostgreSQL that accepts connections and does not respond counts as down; a busy one is waited for."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from headwater.runtime.storage.database import connect, is_away
from headwater.runtime.storage.postgres import BESIDE_SECONDS, PATIENCE_SECONDS
from tests.patience import eventually, promised
from tests.stalling_proxy import StallingProxy, stalling_proxy

PROMISED_SECONDS = 3.0


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[StallingProxy]:
    with stalling_proxy(sa.make_url(postgres_url).port or 0) as made:
        yield made


@pytest.fixture
def engine(postgres_url: str, proxy: StallingProxy) -> Iterator[sa.Engine]:
    url = sa.make_url(postgres_url).set(port=proxy.port).render_as_string(hide_password=False)
    made = connect(url, schema="stalls", pragmas=())
    yield made
    made.dispose()


def ask(engine: sa.Engine, statement: str = "SELECT 1") -> object:
    with engine.connect() as connection:
        return connection.execute(sa.text(statement)).scalar()


def refused(engine: sa.Engine) -> None:
    with pytest.raises(OperationalError, match="does not answer") as refusal:
        ask(engine)
    assert is_away(refusal.value)


def answers(engine: sa.Engine) -> bool:
    try:
        return ask(engine) == 1
    except OperationalError:
        return False


@pytest.mark.parametrize("connected", [True, False])
def test_who_asks_is_told_in_time_and_answered_when_the_stall_ends(
    engine: sa.Engine, proxy: StallingProxy, connected: bool
) -> None:
    if connected:
        ask(engine)
    proxy.stall()
    with promised(PROMISED_SECONDS + 1):
        refused(engine)
    proxy.resume(cut_off=True)
    eventually(lambda: answers(engine))


def test_who_is_in_the_middle_of_an_answer_is_told_in_time(engine: sa.Engine, proxy: StallingProxy) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        proxy.stall(after_bytes=10_000)
        with promised(PROMISED_SECONDS + 1), pytest.raises(OperationalError, match="does not answer"):
            connection.execute(sa.text("SELECT repeat('x', 1000) FROM generate_series(1, 1000)"))
    proxy.resume()
    eventually(lambda: answers(engine))


def test_of_many_who_ask_the_later_are_told_at_once(engine: sa.Engine, proxy: StallingProxy) -> None:
    ask(engine)
    proxy.stall()
    refused(engine)
    with promised(PATIENCE_SECONDS):
        refused(engine)
    proxy.resume()
    eventually(lambda: answers(engine))


def test_a_statement_that_waits_for_a_lock_is_not_taken_for_a_stall(engine: sa.Engine) -> None:
    seconds = 2 * (PATIENCE_SECONDS + BESIDE_SECONDS)
    lock = sa.text("SELECT pg_advisory_lock(614)")
    got: list[object] = []
    ask(engine)
    with engine.connect() as holder:
        holder.execute(lock)
        waiting = threading.Thread(target=lambda: got.append(ask(engine, "SELECT pg_advisory_lock(614)")))
        waiting.start()
        waiting.join(seconds)
        assert waiting.is_alive()
        holder.execute(sa.text("SELECT pg_advisory_unlock(614)"))
        waiting.join()
    assert len(got) == 1
