"""What can go wrong in the graph store.

GraphError
├── GraphUnavailable(retry_after)   the store does not answer: slow down, repeat the batch
│   └── GraphDiskFull               its disk is full: the same, until it has space
├── BatchRefused                    the store can never store the batch
├── BatchFailed                     the store gave up on the batch: a smaller one may pass
├── GraphDamaged(file, remedy)      the stored data is damaged: stop
└── Fenced                          another writer took over: stop
"""

from headwater.contracts import storage


class GraphError(Exception):
    """Base of all errors of a graph store."""


class GraphUnavailable(GraphError):
    """The store does not answer now. `retry_after`: seconds."""

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BatchRefused(GraphError):
    """The store can never store the batch."""


class BatchFailed(GraphError):
    """The store gave up on the batch: it took too long or too much memory, or failed internally."""


class Fenced(GraphError):
    """Another writer holds the graph."""


class GraphDiskFull(storage.DiskFull, GraphUnavailable):
    """The disk of the graph is full."""


class GraphDamaged(storage.Damaged, GraphError):
    """Reads would be wrong or incomplete, and so would the next batch."""
