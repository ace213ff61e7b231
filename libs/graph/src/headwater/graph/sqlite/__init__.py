"""The graph in one SQLite file."""

from headwater.graph.sqlite.store import EmbeddedGraph

__all__ = ["EmbeddedGraph"]
