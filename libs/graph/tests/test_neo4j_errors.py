"""How errors of Neo4j are classified for the batch that caused them."""

import pytest
from neo4j.exceptions import Neo4jError, ServiceUnavailable

from headwater.graph.errors import BatchFailed, BatchRefused, GraphUnavailable
from headwater.graph.neo4j.connection import Undecided, blaming, meaning

TOO_LARGE = "Property value is too large to index, please see index documentation for limitations."


@pytest.mark.parametrize(
    ("code", "message", "meant"),
    [
        ("Neo.DatabaseError.Statement.ExecutionFailed", TOO_LARGE, BatchRefused),
        ("Neo.ClientError.Statement.TypeError", "no map", BatchRefused),
        ("Neo.ClientError.Statement.ArgumentError", "no", BatchRefused),
        ("Neo.ClientError.Transaction.TransactionTimedOut", "too long", BatchFailed),
        ("Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration", "too long", BatchFailed),
        ("Neo.ClientError.Transaction.Terminated", "ended", BatchFailed),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", "330 MiB", BatchFailed),
        ("Neo.DatabaseError.General.UnknownError", "?", BatchFailed),
        ("Neo.DatabaseError.Statement.ExecutionFailed", "?", BatchFailed),
        ("Neo.ClientError.Schema.ConstraintValidationFailed", "exists", Undecided),
        ("Neo.ClientError.Security.Unauthorized", "password", GraphUnavailable),
        ("Neo.ClientError.Security.Forbidden", "role", GraphUnavailable),
        ("Neo.ClientError.Database.DatabaseNotFound", "none", GraphUnavailable),
        ("Neo.TransientError.Transaction.DeadlockDetected", "locks", GraphUnavailable),
        ("Neo.TransientError.General.DatabaseUnavailable", "starting", GraphUnavailable),
    ],
)
def test_a_batch_is_blamed_only_for_what_it_did(code: str, message: str, meant: type[Exception]) -> None:
    error = Neo4jError._hydrate_neo4j(code=code, message=message)
    with pytest.raises(meant), meaning(), blaming():
        raise error


def test_a_server_that_is_away_says_nothing_of_the_batch() -> None:
    with pytest.raises(GraphUnavailable), meaning(), blaming():
        raise ServiceUnavailable("gone")
