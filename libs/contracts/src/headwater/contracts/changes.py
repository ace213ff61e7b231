"""Messages of the lineage-writer on `graph.changes`: a hint that the display of nodes has changed."""

import msgspec


class GraphChange(msgspec.Struct, frozen=True, kw_only=True):
    """`change`: the graph's change number after a batch; `ids`: nodes whose display may have changed.

    A hint only: it may arrive late, twice or never, and it carries no names, so that it reveals nothing by itself.
    """

    change: int
    ids: tuple[str, ...] = ()
