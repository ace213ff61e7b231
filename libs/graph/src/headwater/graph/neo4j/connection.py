"""The driver, and what its errors mean here."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString, TypeVar

import neo4j
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConstraintError,
    DatabaseUnavailable,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    TransientError,
)

from headwater.graph.errors import BatchFailed, BatchRefused, GraphUnavailable
from headwater.graph.neo4j.statements import statement

T = TypeVar("T")
# Longer than the driver's first waits, shorter than a consumer may be silent: the caller repeats the batch.
RETRY_SECONDS = 8.0
# A person waits for the answer, and holds one of few threads: a hiccup is repeated, an outage told at once.
READ_RETRY_SECONDS, FIRST_WAIT_SECONDS = 1.0, 0.1
CONNECT_SECONDS = 3.0
CHECK_SECONDS = 2.0
# A connection that rested this long is asked whether it lives: a restarted server must not cost a failed request.
IDLE_SECONDS = 2.0
COMMIT_REPEATS = 3
_TIMED_OUT = (
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
)
_ENDED = "Neo.ClientError.Transaction."  # it took too long, or somebody ended it
_OUT_OF_MEMORY = ("MemoryPoolOutOfMemoryError", "OutOfMemoryError", "TransactionMemoryLimit", "StackOverFlowError")
# The server's set-up, not the batch: who mends it need not touch a dead letter.
_SET_UP = ("Neo.ClientError.Security.", "Neo.ClientError.Database.", "Neo.ClientError.Cluster.")
_TOO_LARGE = "too large to index"


class Asking:
    """Statements run inside one transaction."""

    def __init__(self, transaction: neo4j.ManagedTransaction | neo4j.Transaction) -> None:
        self._transaction = transaction

    def rows(self, name: str, **parameters: Any) -> list[Mapping[str, Any]]:
        """Every row that the statement `name` returns."""
        result = self._transaction.run(statement(name), parameters)
        keys = result.keys()
        return [dict(zip(keys, record.values(), strict=True)) for record in result]

    def do(self, name: str, **parameters: Any) -> None:
        """Run a statement for its effect."""
        self._transaction.run(statement(name), parameters).consume()


class Undecided(Exception):
    """Whether the transaction was stored is not known, or it met what a lost one had stored: do it again."""


@contextmanager
def meaning() -> Iterator[None]:
    """Errors of the driver as errors of the graph."""
    try:
        yield
    except (IncompleteCommit, ConstraintError) as error:
        raise Undecided(str(error)) from error
    except AuthError as error:
        raise GraphUnavailable("Neo4j refuses the user or the password.", retry_after=5.0) from error
    except (DriverError, TransientError, DatabaseUnavailable) as error:
        raise GraphUnavailable(f"Neo4j does not answer: {error}") from error
    except Neo4jError as error:
        if error.code in _TIMED_OUT:
            raise GraphUnavailable("Neo4j took too long over a question.") from error
        if (error.code or "").startswith(_SET_UP):
            raise GraphUnavailable(f"Neo4j refuses us: {error.message}", retry_after=5.0) from error
        raise


@contextmanager
def writing() -> Iterator[None]:
    """Errors met while a batch is written: `meaning`, but where the batch itself is to blame."""
    with meaning(), blaming():
        yield


@contextmanager
def blaming() -> Iterator[None]:
    """Errors for which the batch is to blame as errors of the graph, which the driver does not try again."""
    try:
        yield
    except Neo4jError as error:
        blame = _blame(error)
        if blame is not None:
            raise blame from error
        raise


def _blame(error: Neo4jError) -> BatchRefused | BatchFailed | None:
    """What the batch did, None where it did nothing wrong."""
    code, said = error.code or "", f"Neo4j: {error.message or error}"
    if code.startswith(_ENDED) or code.endswith(_OUT_OF_MEMORY):
        return BatchFailed(said)
    if isinstance(error, ConstraintError | TransientError) or code.startswith(_SET_UP):
        return None
    if isinstance(error, ClientError) or _TOO_LARGE in said:
        return BatchRefused(said)
    return BatchFailed(said)


def _blamed(transaction: neo4j.ManagedTransaction, work: Callable[[Asking], T]) -> T:
    with blaming():
        return work(Asking(transaction))


class Connection:
    """A pool of connections to one server."""

    def __init__(self, uri: str, user: str, password: str) -> None:
        self._driver = neo4j.GraphDatabase.driver(
            uri,
            auth=(user, password),
            max_transaction_retry_time=RETRY_SECONDS,
            connection_timeout=CONNECT_SECONDS,
            connection_acquisition_timeout=RETRY_SECONDS,
            notifications_min_severity="OFF",
            keep_alive=True,
            liveness_check_timeout=IDLE_SECONDS,
            user_agent="headwater",
        )

    def read(self, work: Callable[[Asking], T]) -> T:
        """What `work` finds within one read transaction; repeated when the server asks for it."""
        reading = self._driver.session(
            default_access_mode=neo4j.READ_ACCESS,
            max_transaction_retry_time=READ_RETRY_SECONDS,
            initial_retry_delay=FIRST_WAIT_SECONDS,
        )
        with meaning(), reading as session:
            return session.execute_read(lambda transaction: work(Asking(transaction)))

    @contextmanager
    def moment(self) -> Iterator[Asking]:
        """One read transaction for as long as the block lasts."""
        with (
            meaning(),
            self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session,
            session.begin_transaction() as transaction,
        ):
            yield Asking(transaction)

    def write(self, work: Callable[[Asking], T]) -> T:
        """What `work` says within one write transaction. It may run more than once, and must not mind:
        a connection lost during the commit leaves open whether it was stored, so it is stored again.
        Raises GraphUnavailable, BatchRefused or BatchFailed."""
        reason: Undecided | None = None
        for _ in range(COMMIT_REPEATS):
            try:
                with writing(), self._driver.session() as session:
                    return session.execute_write(_blamed, work)
            except Undecided as error:
                reason = error
        if isinstance(reason.__cause__ if reason else None, ConstraintError):
            raise BatchRefused(f"Neo4j: {reason}")
        raise GraphUnavailable(f"The batch could not be committed to Neo4j: {reason}")

    def define(self, text: LiteralString) -> None:
        """Run one statement of the schema, in a transaction of its own."""
        with meaning(), self._driver.session() as session:
            session.run(text).consume()

    def check(self) -> None:
        """Raise GraphUnavailable unless the server answers a question in time."""
        with meaning(), self._driver.session(connection_acquisition_timeout=CHECK_SECONDS) as session:
            session.run(neo4j.Query("RETURN 1", timeout=CHECK_SECONDS)).consume()

    def close(self) -> None:
        self._driver.close()
