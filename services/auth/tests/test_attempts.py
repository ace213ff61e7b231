"""Attempts are kept only as long as a limit counts them."""

import pytest
import sqlalchemy as sa

from headwater.auth import attempts, throttle
from headwater.auth.service import SERVICE
from headwater.auth.store import Store
from headwater.auth.tables import attempts as rows
from headwater.runtime.hosting.parts import Parts

from .callers import Clock

HOUR = 3_600


def guess(store: Store, *names: str) -> None:
    """Count a wrong password against each name, from one address."""
    for name in names:
        buckets = attempts.login(store, name, address="192.0.2.1", device=None)
        with store.writing() as connection:
            throttle.admit(connection, buckets, now=store.now(connection))


def counted(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(connection.execute(sa.select(rows.c.bucket)).scalars())


def test_the_periodic_task_deletes_expired_attempts_and_no_others(store: Store, clock: Clock) -> None:
    task = next(task for task in SERVICE.periodic if task.name == "delete_expired_attempts")
    parts = Parts()
    parts.add(Store, store)
    guess(store, "ada", "bob")
    clock.advance(seconds=attempts.LONGEST_FORGET / throttle.SECOND - 1)
    guess(store, "bob")
    assert task.run(parts) == "0 deleted"
    clock.advance(seconds=1)
    kept = {bucket.key for bucket in attempts.login(store, "bob", address="192.0.2.1", device=None)}
    assert task.run(parts) == "2 deleted"
    assert counted(store) == kept
    assert task.seconds == HOUR


def test_more_rows_than_one_transaction_deletes_go_as_well(store: Store, clock: Clock) -> None:
    guess(store, *(f"name {number}" for number in range(7)))
    clock.advance(seconds=HOUR)
    guess(store, "ada")
    assert attempts.delete_expired(store, at_once=4) == 14
    assert len(counted(store)) == 3


@pytest.mark.parametrize("database_url", [pytest.param("postgresql", marks=pytest.mark.servers)], indirect=True)
def test_a_bucket_that_a_log_in_holds_is_left_alone(store: Store, clock: Clock) -> None:
    guess(store, "ada", "bob")
    clock.advance(seconds=HOUR)
    held = attempts.login(store, "ada", address="192.0.2.1", device=None)
    with store.writing() as connection:
        throttle.admit(connection, held, now=store.now(connection))
        assert attempts.delete_expired(store) == 2
    assert counted(store) == {bucket.key for bucket in held}
