"""Mergeable states of entities.

A state is the union of all facts about one entity. Merging a fact is associative, commutative and
idempotent: sets grow, single values follow the greatest stamp. Each `absorb_*` changes the state in place and returns
whether anything changed; nothing here reads another entity, a clock or a store.

Some fields are not facts but were last derived by the engine (`tail`, `claims`, `canonical`, `written`, …): they are
listed as derived at each state and can always be rebuilt from the facts.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from headwater.contracts.keys import Kind
from headwater.graph.answering.latest import WindowValue
from headwater.graph.state.facts import EntityKey, Facets, Group, RunFact, RunKey, Stamp, StaticFact

Stamped = tuple[int, str, bytes | None]
ColumnRef = tuple[EntityKey, str, tuple[EntityKey, ...]]
"""Output, digest of the column lineage bytes, datasets read."""
Interval = tuple[int, int | None]


class RunCore(msgspec.Struct, array_like=True, gc=False):
    """The part of a run that lineage needs, without its facets. `events`: id to (time, type, producer)."""

    key: RunKey
    events: dict[str, tuple[int, str | None, str | None]] = {}
    inputs: set[EntityKey] = set()
    outputs: set[EntityKey] = set()
    streaming: bool = False
    snapshot: tuple[int, str, list[EntityKey], list[EntityKey]] | None = None
    explicit: set[Group] | None = None
    columns: frozenset[ColumnRef] = frozenset()
    parent: tuple[int, str, RunKey] | None = None
    root: tuple[int, str, RunKey] | None = None


RunFacets = dict[str, Stamped]


class Summary(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A run in its job's timeline. `position` orders runs: the first success, else the last event.
    `over`: it ended, so that further changes are unlikely."""

    run: str
    start: int
    position: int
    success: int | None
    claims: tuple[str, ...]
    over: bool = True


class Fold(msgspec.Struct, array_like=True, gc=False):
    """The validity of one claim over a job's runs in order: closed intervals, and `since` while one is open.

    `size`: (namespace of the process, inputs, outputs) of a flow, for the counts; None for column lineage."""

    closed: tuple[tuple[int, int], ...] = ()
    since: int | None = None
    misses: int = 0
    asserts: int = 0
    confirmed: int | None = None
    last: tuple[int, str] | None = None
    confirmations: int = 0
    size: tuple[str, int, int] | None = None


class Static(msgspec.Struct, array_like=True, gc=False):
    """One declaration of lineage without a run."""

    time: int
    inputs: tuple[EntityKey, ...]
    outputs: tuple[EntityKey, ...]
    explicit: tuple[Group, ...] | None
    columns: tuple[ColumnRef, ...]


class NodeState(msgspec.Struct, array_like=True, gc=False):
    """Common to all nodes: first and last event time, facet stamps, and what its card shows."""

    first: int = 0
    last: int = 0
    facets: dict[str, tuple[int, str]] = {}
    tags: tuple[str, ...] = ()
    summary: dict[str, Any] = {}


class JobState(NodeState, array_like=True, gc=False):
    """`trains`: a model version refers to one of its runs. Derived: `latest` (last event time, run, state), `horizon`,
    `tail`, `claims` (live ones), `held` (by declaration), `cut` (a claimed dataset was dropped): see `timeline.py`."""

    statics: dict[str, Static] = {}
    latest: tuple[int, str, str] | None = None
    horizon: tuple[int, str] | None = None
    tail: list[Summary] = []
    claims: dict[str, Fold] = {}
    held: dict[str, tuple[Interval, ...]] = {}
    cut: bool = False
    trains: bool = False


class DatasetState(NodeState, array_like=True, gc=False):
    """`links`: its other identities; `named_by`: datasets of which it is another identity.

    Derived: `canonical`, `aliases`, `output` (it or an alias is served by a model) and `held`."""

    links: frozenset[EntityKey] = frozenset()
    named_by: frozenset[EntityKey] = frozenset()
    drops: frozenset[int] = frozenset()
    served: bool = False
    statics: dict[str, Static] = {}
    canonical: EntityKey | None = None
    aliases: tuple[EntityKey, ...] = ()
    output: bool = False
    held: dict[str, tuple[Interval, ...]] = {}


class Alert(msgspec.Struct, array_like=True, gc=False):
    at: int
    event: str
    state: str
    severity: str
    emitted_at: int = 0


class VersionMark(msgspec.Struct, array_like=True, gc=False):
    """A version in its model's state: first seen, and the latest action."""

    first: int
    time: int
    event: str
    action: str


class ModelState(NodeState, array_like=True, gc=False):
    about: dict[str, Stamped] = {}
    versions: dict[str, VersionMark] = {}
    alerts: dict[str, Alert] = {}


class MetricMark(msgspec.Struct, array_like=True, gc=False):
    """A definition in its version's state: the start of its earliest window, and its latest value."""

    since: int
    metric: str
    end: int
    value: float | None


class VersionState(NodeState, array_like=True, gc=False):
    """`actions`: action to (first, last, event of the last). Derived: `written`, the links last passed to the store."""

    model: EntityKey = ("", "")
    version: str = ""
    actions: dict[str, tuple[int, int, str]] = {}
    datasets: dict[EntityKey, int] = {}
    runs: dict[RunKey, int] = {}
    outputs: dict[EntityKey, int] = {}
    details: dict[str, Stamped] = {}
    metrics: dict[str, MetricMark] = {}
    alerts: dict[str, Alert] = {}
    written: dict[tuple[str, str, str], tuple[int, str | None]] = {}


class MetricState(NodeState, array_like=True, gc=False):
    """One definition of one model version: its newest windows, oldest first."""

    model: EntityKey = ("", "")
    version: str = ""
    metric: str = ""
    definition: str = ""
    windows: list[WindowValue] = []


AnyState = JobState | DatasetState | ModelState | VersionState | MetricState

_TYPES: dict[str, type[NodeState]] = {
    Kind.ETL_PROCESS.value: JobState,
    Kind.DATA_SOURCE.value: DatasetState,
    Kind.ML_MODEL.value: ModelState,
    Kind.MODEL_VERSION.value: VersionState,
    Kind.EVALUATION_METRIC.value: MetricState,
}
_DECODERS = {kind: msgspec.msgpack.Decoder(state).decode for kind, state in _TYPES.items()}

encode = msgspec.msgpack.Encoder().encode
decode_core = msgspec.msgpack.Decoder(RunCore).decode
decode_run_facets = msgspec.msgpack.Decoder(RunFacets).decode
decode_fold = msgspec.msgpack.Decoder(Fold).decode


def decode_node(kind: str, data: bytes) -> NodeState:
    """A stored node state; `kind` is the kind of its key."""
    return _DECODERS[kind](data)


def new_node(kind: str) -> NodeState:
    return _TYPES[kind]()


NEVER = -(2**62)


def see(state: NodeState, time: int, *, new: bool) -> bool:
    """Extend the time range in which a node was seen."""
    if new:
        state.first = state.last = time
        return True
    if state.first <= time <= state.last:
        return False
    if time > state.last:
        state.first, state.last = min(state.first, time), time
    else:
        state.first = time
    return True


def see_since(state: NodeState, time: int, *, new: bool) -> bool:
    """Move only the beginning: it is a computed time, and may have been later before."""
    if not new and time >= state.first:
        return False
    state.first = time
    if new:
        state.last = NEVER
    return True


def absorb_stamped(kept: dict[str, Stamped], values: Mapping[str, bytes | None], stamp: Stamp) -> bool:
    """Last writer wins, value by value."""
    changed = False
    time, event = stamp
    for name, value in values.items():
        old = kept.get(name)
        if old is None or (time, event) > (old[0], old[1]):
            kept[name] = (time, event, value)
            changed = True
    return changed


def winning_facets(state: NodeState, facets: Facets, stamp: tuple[int, str]) -> list[str]:
    """Update the facets' stamps and return the facets for which this event is the latest."""
    won = []
    kept = state.facets
    for name in facets:
        old = kept.get(name)
        if old is None or stamp > old:
            kept[name] = stamp
            won.append(name)
    return won


def absorb_run(core: RunCore, facets: RunFacets, fact: RunFact) -> bool:
    """Add one event to its run. A known event changes nothing, unless it now has lineage that it did not have: the same
    bytes may be accepted twice, with fewer grants of the sender the first time."""
    time, event = fact.stamp
    if event in core.events and not _states_more(core, fact):
        return False
    core.events[event] = (time, fact.type, fact.producer)
    core.streaming = core.streaming or fact.streaming
    core.inputs.update(fact.inputs)
    core.outputs.update(fact.outputs)
    if fact.snapshot and (core.snapshot is None or fact.stamp > core.snapshot[:2]):
        core.snapshot = (time, event, list(fact.inputs), list(fact.outputs))
    if fact.explicit is not None:
        core.explicit = (core.explicit or set()).union(fact.explicit)
    if fact.columns:
        core.columns |= {(c.output, c.digest, c.sources) for c in fact.columns}
    if fact.parent is not None and (core.parent is None or fact.stamp > core.parent[:2]):
        core.parent = (time, event, fact.parent)
    if fact.root is not None and (core.root is None or fact.stamp > core.root[:2]):
        core.root = (time, event, fact.root)
    absorb_stamped(facets, fact.facets, fact.stamp)
    return True


def _states_more(core: RunCore, fact: RunFact) -> bool:
    return fact.explicit is not None and not (core.explicit or set()).issuperset(fact.explicit)


def absorb_static(statics: dict[str, Static], fact: StaticFact) -> bool:
    """Add one declaration; of a known event, only lineage that it did not have before (see `absorb_run`)."""
    known = statics.get(fact.stamp.event)
    explicit = fact.explicit
    if known is not None and known.explicit is not None:
        explicit = (*known.explicit, *(explicit or ()))
    if explicit is not None:
        explicit = tuple(sorted(set(explicit), key=msgspec.structs.astuple))
    columns = tuple((c.output, c.digest, c.sources) for c in fact.columns)
    found = Static(fact.stamp.time, fact.inputs, fact.outputs, explicit, columns)
    if found == known:
        return False
    statics[fact.stamp.event] = found
    return True


def absorb_alert(alerts: dict[str, Alert], rule: str, alert: Alert) -> bool:
    old = alerts.get(rule)
    if old is not None and (alert.emitted_at, alert.at, alert.event) <= (old.emitted_at, old.at, old.event):
        return False
    alerts[rule] = alert
    return True
