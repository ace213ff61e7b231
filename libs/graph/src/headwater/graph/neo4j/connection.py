"""The driver, and the mapping of its errors."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
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
from headwater.graph.neo4j.liveness import Liveness, Watch
from headwater.graph.neo4j.statements import statement

T = TypeVar("T")
# Shorter than the heartbeat limit of a consumer: the caller repeats the batch.
RETRY_SECONDS = 8.0
# A user waits for the response, and occupies one of few threads: retry a brief failure, report an outage at once.
READ_RETRY_SECONDS = 1.0
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 2.0
LONGEST_CONNECT_SECONDS = 8.0
CHECK_SECONDS = 2.0
# A connection idle for this long is tested before use: a restarted server must not cause a failed request.
IDLE_SECONDS = 2.0
COMMIT_REPEATS = 3
_TIMED_OUT = (
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
)
_ENDED = "Neo.ClientError.Transaction."  # it took too long, or was terminated
_OUT_OF_MEMORY = ("MemoryPoolOutOfMemoryError", "OutOfMemoryError", "TransactionMemoryLimit", "StackOverFlowError")
# The server's configuration, not the batch: fixing it suffices, so no record is dead-lettered.
_SET_UP = ("Neo.ClientError.Security.", "Neo.ClientError.Database.", "Neo.ClientError.Cluster.")
_TOO_LARGE = "too large to index"


class Asking:
    """Statements run inside one transaction."""

    def __init__(self, transaction: neo4j.Transaction, heard: Callable[[], None]) -> None:
        self._transaction, self._heard = transaction, heard

    def rows(self, name: str, **parameters: Any) -> list[Mapping[str, Any]]:
        """All rows that the statement `name` returns."""
        result = self._transaction.run(statement(name), parameters)
        keys = result.keys()
        rows: list[Mapping[str, Any]] = [dict(zip(keys, record.values(), strict=True)) for record in result]
        self._heard()
        return rows

    def do(self, name: str, **parameters: Any) -> None:
        """Run a statement for its effect."""
        self._transaction.run(statement(name), parameters).consume()
        self._heard()


class Undecided(Exception):
    """It is not known whether the transaction was committed, or it conflicts with a lost one that was: repeat it."""


@contextmanager
def meaning() -> Iterator[None]:
    """Errors of the driver as errors of the graph."""
    try:
        yield
    except (IncompleteCommit, ConstraintError) as error:
        raise Undecided(str(error)) from error
    except AuthError as error:
        raise GraphUnavailable("Neo4j rejects the user or the password.", retry_after=5.0) from error
    except (DriverError, TransientError, DatabaseUnavailable) as error:
        raise GraphUnavailable(f"Neo4j does not answer: {error}") from error
    except Neo4jError as error:
        if error.code in _TIMED_OUT:
            raise GraphUnavailable("Neo4j took too long for a query.") from error
        if (error.code or "").startswith(_SET_UP):
            raise GraphUnavailable(f"Neo4j rejects our requests: {error.message}", retry_after=5.0) from error
        raise


@contextmanager
def blaming() -> Iterator[None]:
    """Errors that the batch caused as errors of the graph, which are not retried."""
    try:
        yield
    except Neo4jError as error:
        blame = _blame(error)
        if blame is not None:
            raise blame from error
        raise


def _blame(error: Neo4jError) -> BatchRefused | BatchFailed | None:
    """The error that the batch caused, None if the cause is another."""
    code, message = error.code or "", f"Neo4j: {error.message or error}"
    if code.startswith(_ENDED) or code.endswith(_OUT_OF_MEMORY):
        return BatchFailed(message)
    if isinstance(error, ConstraintError | TransientError) or code.startswith(_SET_UP):
        return None
    if isinstance(error, ClientError) or _TOO_LARGE in message:
        return BatchRefused(message)
    return BatchFailed(message)


class Connection:
    """A pool of connections to one server. readers: how many may wait for it at once. patience: seconds to wait for an
    unresponsive server, to connect or to answer. When a server has stalled, closing the pool releases all waiting
    calls: see `liveness`.
    """

    def __init__(self, uri: str, user: str, password: str, *, readers: int, patience: float) -> None:
        self._uri, self._auth = uri, (user, password)
        self._patience = min(patience, LONGEST_CONNECT_SECONDS)
        self._driver = self._open(self._patience)
        self._liveness = Liveness(most=readers, patience=patience)
        self._watch = Watch(self._liveness, answers=self._answers, let_go=self._open_anew)

    def read(self, work: Callable[[Asking], T]) -> T:
        """The result of `work` in one read transaction; repeated when the server requests it."""

        def once() -> T:
            with self._transaction(neo4j.READ_ACCESS) as asking:
                return work(asking)

        with self._waiting():
            return self._repeated(once, READ_RETRY_SECONDS)

    @contextmanager
    def moment(self) -> Iterator[Asking]:
        """One read transaction for the duration of the block."""
        with self._waiting(), self._transaction(neo4j.READ_ACCESS) as asking:
            yield asking

    def write(self, work: Callable[[Asking], T]) -> T:
        """The result of `work` in one write transaction. It must be idempotent: when a connection is lost during the
        commit it is not known whether it was stored, so it is repeated.
        Raises GraphUnavailable, BatchRefused or BatchFailed."""

        def once() -> T:
            with blaming(), self._transaction(neo4j.WRITE_ACCESS) as asking:
                return work(asking)

        reason: Undecided | None = None
        for _ in range(COMMIT_REPEATS):
            try:
                with self._waiting(limited=False):
                    return self._repeated(once, RETRY_SECONDS)
            except Undecided as error:
                reason = error
        if isinstance(reason.__cause__ if reason else None, ConstraintError):
            raise BatchRefused(f"Neo4j: {reason}")
        raise GraphUnavailable(f"The batch could not be committed to Neo4j: {reason}")

    def define(self, text: LiteralString) -> None:
        """Run one statement of the schema, in a transaction of its own."""
        with self._waiting(limited=False), self._driver.session() as session:
            session.run(text).consume()

    def check(self, seconds: float = CHECK_SECONDS) -> None:
        """Raise GraphUnavailable unless the server answers a query within `seconds`."""
        with (
            self._waiting(limited=False),
            self._driver.session(connection_acquisition_timeout=seconds) as session,
        ):
            session.run(neo4j.Query("RETURN 1", timeout=seconds)).consume()

    def close(self) -> None:
        self._liveness.close()
        self._driver.close()

    @contextmanager
    def _waiting(self, *, limited: bool = True) -> Iterator[None]:
        self._watch.begin()
        with self._liveness.waiting(limited=limited), meaning():
            yield

    @contextmanager
    def _transaction(self, access: str) -> Iterator[Asking]:
        with (
            self._driver.session(default_access_mode=access) as session,
            session.begin_transaction() as transaction,
        ):
            yield Asking(transaction, self._liveness.heard)

    def _repeated(self, attempt: Callable[[], T], seconds: float) -> T:
        """Retry while the server requests it; not after `seconds`, nor when it has stalled."""
        until, wait = time.monotonic() + seconds, FIRST_WAIT_SECONDS
        while True:
            try:
                return attempt()
            except (DriverError, Neo4jError) as error:
                if not error.is_retryable() or time.monotonic() > until or self._liveness.stalled:
                    raise
            time.sleep(wait * (1 + random.random() / 4))
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    def _open(self, seconds: float) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(
            self._uri,
            auth=self._auth,
            connection_timeout=seconds,
            connection_acquisition_timeout=seconds,
            notifications_min_severity="OFF",
            keep_alive=True,
            liveness_check_timeout=IDLE_SECONDS,
            user_agent="headwater",
        )

    def _answers(self, seconds: float) -> bool:
        """On a separate connection: those of the pool may hang while the server itself works."""
        try:
            with self._open(seconds) as beside:
                beside.verify_connectivity()
        except Neo4jError:
            return True  # it rejects us, so it responds
        except (DriverError, OSError):
            return False
        return True

    def _open_anew(self) -> None:
        old, self._driver = self._driver, self._open(self._patience)
        with suppress(Exception):  # it is closed while in use: its errors are undefined
            old.close()
