"""What can go wrong in the graph store.

GraphError
├── GraphUnavailable(retry_after)   the store does not answer: slow down, repeat the batch
├── BatchRefused                    the store can never hold what the batch says
├── BatchFailed                     the store gave up on the batch: a smaller one may pass
│   └── GraphDiskFull               its disk has no room: the same, until it has
├── GraphDamaged(file, remedy)      the store holds what nobody wrote: stop
└── Fenced                          another writer took over: stop
"""

from headwater.contracts import storage


class GraphError(Exception):
    """Anything a graph store raises."""


class GraphUnavailable(GraphError):
    """The store does not answer now. `retry_after`: seconds."""

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BatchRefused(GraphError):
    """The store can never hold what the batch says."""


class BatchFailed(GraphError):
    """The store gave up on the batch: it took too long, too much memory, or something failed inside the store."""


class Fenced(GraphError):
    """Another writer holds the graph."""


class GraphDiskFull(storage.DiskFull, GraphUnavailable):
    """No room for the graph to grow."""


class GraphDamaged(storage.Damaged, GraphError):
    """Answers would be wrong or missing, and the next batch would be built on them."""
