"""Query types of the read API: one struct per route, parsed from the query string."""

from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from headwater.contracts.cursors import CursorText
from headwater.contracts.problems import Problems
from headwater.contracts.times import parse_instant
from headwater.runtime.web.problem import Problem, invalid

Limit = Annotated[int, Meta(ge=1, le=200, description="maximum number of items")]
Cursor = CursorText | None
Hops = Annotated[int, Meta(ge=0, le=50, description="data to process to data is one hop")]
NodeId = Annotated[str, Meta(min_length=1, max_length=64, description="id of a node")]
Text = Annotated[str, Meta(max_length=4096)]
_STATUS = "(NEW|RUNNING|COMPLETE|FAIL|ABORT|firing|pending|ok)"
T = TypeVar("T")
Moment = Annotated[str, Meta(max_length=64, description="RFC 3339; the present when omitted")] | None


class Search(msgspec.Struct, kw_only=True):
    """Part of a name, any case, or a complete run id. `kind`: comma-separated kinds; `namespace`: a prefix.

    `status`: comma-separated; a job is in the state of its latest run, a model or version in that of its alerts.
    """

    q: Text = ""
    kind: Text | None = None
    namespace: Text | None = None
    status: Annotated[str, Meta(pattern=f"^{_STATUS}(,{_STATUS})*$")] | None = None
    limit: Limit = 20
    cursor: Cursor = None


class ByName(msgspec.Struct, kw_only=True):
    """The three parts of a node's identity."""

    kind: Text
    namespace: Text
    name: Text


class SceneView(msgspec.Struct, kw_only=True):
    """The neighbourhood of `focus`. `kinds`: comma-separated, show only these."""

    focus: NodeId
    up: Hops = 1
    down: Hops = 1
    as_of: Moment = None
    kinds: Text | None = None
    limit: Annotated[int, Meta(ge=1, le=5000, description="maximum number of nodes")] = 500


class ColumnView(msgspec.Struct, kw_only=True):
    """The columns upstream and downstream of one dataset, or of one of its columns."""

    focus: NodeId
    column: Text | None = None
    up: Hops = 1
    down: Hops = 1
    as_of: Moment = None
    limit: Annotated[int, Meta(ge=1, le=5000, description="maximum number of nodes")] = 500


class RunFilter(msgspec.Struct, kw_only=True):
    """`run_id`: as the producer sent it; `job`: id of its process; started in [from, to).

    `state`: NEW, RUNNING, COMPLETE, FAIL or ABORT.
    """

    run_id: Annotated[str, Meta(min_length=1, max_length=512, description="OpenLineage run id")] | None = None
    job: NodeId | None = None
    state: Annotated[str, Meta(pattern="^(NEW|RUNNING|COMPLETE|FAIL|ABORT)$")] | None = None
    from_: Moment = msgspec.field(name="from", default=None)
    to: Moment = None
    limit: Limit = 50
    cursor: Cursor = None


class ModelFilter(msgspec.Struct, kw_only=True):
    """`q`: part of the model's name."""

    q: Text | None = None
    limit: Limit = 50
    cursor: Cursor = None


class VersionMetricFilter(msgspec.Struct, kw_only=True):
    """Filters for points: windows that start in [from, to).

    `source`: `computed` from predictions and labels, `reported` by producers, or `*` for both.
    """

    metric: Text | None = None
    source: Literal["computed", "reported", "*"] = "computed"
    slice: Text | None = None
    from_: Moment = msgspec.field(name="from", default=None)
    to: Moment = None
    limit: Annotated[int, Meta(ge=1, le=10_000)] | None = None


class MetricFilter(VersionMetricFilter, kw_only=True):
    """The same for all versions of a model, or one."""

    version: Text | None = None


class PredictionLookup(msgspec.Struct, kw_only=True):
    """`model`: id of the model; `id`: the prediction's own id, as its producer sent it."""

    model: NodeId
    id: Annotated[str, Meta(min_length=1, max_length=4096)]


def moment(field: str, text: str | None) -> int | None:
    """Microseconds UTC, or None when not given. Raises the problem for `field`."""
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise invalid(field, str(error), Problems.INVALID_QUERY) from None


def listed(text: str | None) -> frozenset[str]:
    """The pieces of a comma-separated list."""
    return frozenset(piece for piece in (text or "").split(",") if piece)


def found(thing: T | None) -> T:
    """The result, or a 404 that does not distinguish hidden from missing."""
    if thing is None:
        raise absent()
    return thing


def absent() -> Problem:
    return Problem(Problems.NOT_FOUND, "It does not exist, or you may not see it.")
