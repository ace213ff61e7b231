"""What the lineage-writer says on `graph.changes`: a hint that nodes look different now."""

import msgspec


class GraphChange(msgspec.Struct, frozen=True, kw_only=True):
    """`change`: the graph's change number after a batch; `ids`: nodes whose looks may have changed.

    A hint only: it may come late, twice or never, and it carries no names, so that it tells nothing by itself.
    """

    change: int
    ids: tuple[str, ...] = ()
