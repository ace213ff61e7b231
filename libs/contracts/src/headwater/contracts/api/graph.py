"""Responses about the graph."""

from typing import Any

import msgspec


class Node(msgspec.Struct, kw_only=True, omit_defaults=False):
    """A node as lists and scenes show it. `kind` "restricted" stands for nodes that the principal may not see."""

    id: str
    kind: str
    namespace: str
    name: str
    label: str = ""  # the short name for people, by the rule of its producer; "churn v3" for a model version
    status: str | None = None  # state of the last run of a job; alert state of a model or version
    tags: list[str] = []
    first_seen: str | None = None
    last_seen: str | None = None
    summary: dict[str, Any] = {}  # a few facts for the card: job type, number of columns, latest metric value


class Edge(msgspec.Struct, kw_only=True):
    """`valid`: half-open intervals [from, to or null) in which the edge is valid."""

    from_: str = msgspec.field(name="from")
    to: str
    type: str
    valid: list[tuple[str, str | None]] = []
    confirmed: bool = True
    last_run: str | None = None


class Scene(msgspec.Struct, kw_only=True):
    """The neighbourhood of one node. Edges run with the data: from source to result.

    A scene edge joins data and process directly (`TRANSFORMED_BY`, `INGESTED_BY`, `PRODUCES`, …); because walks
    pass through flows, a process may appear in a scene with only those inputs and outputs that belong to the walk.
    `hidden` counts nodes by the reason for which they are left out: `permission`; `limit`, those that the walk reached
    (there may be more behind them); `depth`, those one hop further than requested.
    """

    focus: str
    as_of: str | None
    nodes: list[Node]
    edges: list[Edge]
    rollups: list[dict[str, Any]] = []
    hidden: dict[str, int] = {}
    truncated: bool = False


class SearchPage(msgspec.Struct, kw_only=True):
    items: list[Node]
    next_cursor: str | None = None


class SchemaColumn(msgspec.Struct, kw_only=True):
    name: str
    type: str | None = None
    description: str | None = None


class Attempt(msgspec.Struct, kw_only=True):
    state: str
    started_at: str | None = None
    ended_at: str | None = None


class RunSummary(msgspec.Struct, kw_only=True):
    """`state`: NEW, RUNNING, COMPLETE, FAIL or ABORT; of the last attempt. `job_label`: a short name of the job."""

    id: str
    job_id: str
    job_namespace: str
    job_name: str
    run_id: str
    state: str
    job_label: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    attempts: list[Attempt] = []
    conflict: bool = False


class RunEvent(msgspec.Struct, kw_only=True):
    event_time: str
    type: str | None
    producer: str | None = None


class RunDetail(RunSummary, kw_only=True):
    events: list[RunEvent] = []
    facets: dict[str, Any] = {}
    inputs: list[Node] = []
    outputs: list[Node] = []
    parent: RunSummary | None = None
    children: list[RunSummary] = []


class RunPage(msgspec.Struct, kw_only=True):
    items: list[RunSummary]
    next_cursor: str | None = None


class NodeDetail(Node, kw_only=True):
    """Details of one node. `facets` are served as they were sent."""

    facets: dict[str, Any] = {}
    columns: list[SchemaColumn] = []
    owners: list[str] = []
    description: str | None = None
    runs: list[RunSummary] = []
    versions: list[Node] = []
    last_confirmed_run: str | None = None
    merged_into: str | None = None


class ColumnEdge(msgspec.Struct, kw_only=True):
    from_dataset: str
    from_column: str | None
    to_dataset: str
    to_column: str | None
    transformations: list[dict[str, Any]] = []


class ColumnScene(msgspec.Struct, kw_only=True):
    focus: str
    column: str | None
    nodes: list[Node]
    edges: list[ColumnEdge]
    truncated: bool = False


class GraphStats(msgspec.Struct, kw_only=True):
    """Counts by kind and by edge type; `change` increases with every change of the graph."""

    nodes: dict[str, int]
    edges: dict[str, int]
    change: int
