"""The canonical NDJSON export of a graph.

Equal facts give equal bytes, whatever the order, repetition or batching of the events and whatever the store:
names instead of ids, event times instead of arrival times, sorted bytewise.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from headwater.contracts.keys import Kind
from headwater.graph.answering.latest import latest
from headwater.graph.answering.lookups import NodeRecord, Reading, RunRecord, Step
from headwater.graph.answering.shapes import edge_into
from headwater.graph.deriving.changes import Interval
from headwater.graph.state.cards import version_stage
from headwater.graph.state.states import MetricState, ModelState, Stamped, VersionState, decode_node, decode_run_facets
from headwater.graph.state.timeline import united

_encode = msgspec.json.Encoder(order="sorted").encode
Named = dict[str, str]
_EMPTY: Mapping[str, msgspec.Raw] = {}


def export_lines(reading: Reading) -> Iterator[bytes]:
    """Every record of the graph, sorted bytewise, without line ends."""
    return iter(sorted(_records(reading)))


def _records(reading: Reading) -> Iterator[bytes]:
    facets: dict[str, dict[str, msgspec.Raw]] = {}
    for node, name, value in reading.all_facets():
        facets.setdefault(node, {})[name.replace("\0", " ")] = _one_line(value)
    nodes: dict[str, NodeRecord] = {}
    for record, state in reading.all_nodes():
        nodes[record.id] = record
        yield _encode(_node(record, facets.get(record.id, _EMPTY)))
        yield from _details(record, state)
    names = {node.id: _name(node) for node in nodes.values()}
    for merged in (n for n in nodes.values() if n.merged_into is not None):
        yield _encode({"record": "alias", "of": names[merged.merged_into or ""], **_name(merged)})
    steps = list(reading.all_steps())
    for step in steps:
        if step.valid:
            yield _encode(_flow(step, names))
    yield from _edges(steps, nodes, names)
    for link in reading.all_links():
        ends = {"from": names[link.source], "to": names[link.target], "type": link.type}
        yield _encode({"record": "edge", **ends, "valid": [[link.since, None]], "confirmed": True})
    yield from _column_edges(reading, names)
    runs = {run.id: (run, raw) for run, raw in reading.all_runs()}
    for run, raw in runs.values():
        yield _encode(_run(run, raw, runs))


def _name(node: NodeRecord) -> Named:
    return {"kind": node.kind, "namespace": node.key.namespace, "name": node.key.name}


def _node(node: NodeRecord, facets: Mapping[str, msgspec.Raw]) -> dict[str, Any]:
    return {
        "record": "node",
        **_name(node),
        "first_seen": node.first_seen,
        "last_seen": node.last_seen,
        "status": node.status,
        "facets": dict(facets),
    }


def _details(node: NodeRecord, raw: bytes) -> Iterator[bytes]:
    """The records that accompany the node of a model, a version or a metric."""
    if node.kind == Kind.ML_MODEL.value:
        model = decode_node(node.kind, raw)
        assert isinstance(model, ModelState)
        name = {"namespace": node.key.namespace, "name": node.key.name}
        yield _encode({"record": "model", **name, "about": _stamped(model.about)})
    elif node.kind == Kind.MODEL_VERSION.value:
        yield _encode(_version(decode_node(node.kind, raw)))
    elif node.kind == Kind.EVALUATION_METRIC.value:
        yield _encode(_metric(decode_node(node.kind, raw)))


def _stamped(kept: dict[str, Stamped]) -> dict[str, msgspec.Raw]:
    return {name: _one_line(value) for name, (_, _, value) in kept.items() if value is not None}


def _one_line(value: bytes) -> msgspec.Raw:
    """The sender's bytes; compacted only where they contain line ends, which would break NDJSON."""
    return msgspec.Raw(msgspec.json.format(value, indent=-1) if b"\n" in value or b"\r" in value else value)


def _version(state: object) -> dict[str, Any]:
    assert isinstance(state, VersionState)
    return {
        "record": "model_version",
        "model": {"namespace": state.model[0], "name": state.model[1]},
        "version": state.version,
        "stage": version_stage(state),
        "actions": {action: [first, last] for action, (first, last, _) in state.actions.items()},
        "details": _stamped(state.details),
        "alerts": {rule: {"state": a.state, "at": a.at} for rule, a in state.alerts.items() if a.state != "resolved"},
    }


def _metric(state: object) -> dict[str, Any]:
    assert isinstance(state, MetricState)
    shown = latest(state.windows)
    return {
        "record": "metric",
        "model": {"namespace": state.model[0], "name": state.model[1]},
        "version": state.version,
        "metric": state.metric,
        "definition": state.definition,
        "value": shown.value,
        "reason": shown.reason,
        "interval": shown.interval,
        "n": shown.n,
        "labelled": shown.labelled,
        "slice": None,
        "window": {"start": shown.start, "end": shown.end},
    }


def _flow(step: Step, names: Mapping[str, Named]) -> dict[str, Any]:
    return {
        "record": "flow",
        "job": names[step.process],
        "inputs": _sorted(step.inputs, names),
        "outputs": _sorted(step.outputs, names),
        "valid": step.valid,
        "confirmed": step.confirmed_at is not None,
        "confirmed_at": step.confirmed_at,
        "last_confirmed": step.last_at,
    }


def _sorted(ids: tuple[str, ...], names: Mapping[str, Named]) -> list[Named]:
    return sorted((names[i] for i in ids), key=lambda n: (n["namespace"], n["name"]))


def _edges(steps: list[Step], nodes: Mapping[str, NodeRecord], names: Mapping[str, Named]) -> Iterator[bytes]:
    """The named relationships that follow from flows, joined over all flows of a process."""
    kept: dict[tuple[str, str, str], tuple[list[Interval], list[bool]]] = {}
    for step in steps:
        if not step.valid:
            continue
        for edge in flow_edges(step, nodes[step.process]):
            valid, confirmed = kept.setdefault(edge, ([], []))
            valid += step.valid
            confirmed.append(step.confirmed_at is not None)
    for (source, kind, target), (valid, confirmed) in kept.items():
        ends = {"from": names[source], "to": names[target], "type": kind}
        yield _encode({"record": "edge", **ends, "valid": united(valid), "confirmed": any(confirmed)})


def flow_edges(step: Step, process: NodeRecord) -> list[tuple[str, str, str]]:
    """(from, type, to) of the named relationships that follow from one flow."""
    if process.kind != Kind.ETL_PROCESS.value:
        return [(source, "FEEDS", target) for source in step.inputs for target in step.outputs]
    reads = edge_into(process.card)
    return [
        *((source, reads, process.id) for source in step.inputs),
        *((process.id, "PRODUCES", target) for target in step.outputs),
    ]


def _column_edges(reading: Reading, names: Mapping[str, Named]) -> Iterator[bytes]:
    kept: dict[tuple[str, str | None, str, str | None], tuple[set[bytes], list[Interval]]] = {}
    for record in reading.all_columns():
        edge = (record.source, record.source_column, record.target, record.target_column)
        kinds, valid = kept.setdefault(edge, (set(), []))
        kinds.add(record.transformations)
        valid += record.valid
    for (source, column, target, to), (kinds, valid) in kept.items():
        if valid:
            yield _encode(
                {
                    "record": "column_edge",
                    "from": {**_place(names[source]), "column": column},
                    "to": {**_place(names[target]), "column": to},
                    "transformations": _joined(kinds),
                    "valid": united(valid),
                }
            )


def _place(name: Named) -> Named:
    return {"namespace": name["namespace"], "name": name["name"]}


def _joined(kinds: set[bytes]) -> list[msgspec.Raw]:
    found = {bytes(each) for raw in kinds for each in msgspec.json.decode(raw, type=list[msgspec.Raw])}
    return [msgspec.Raw(each) for each in sorted(found)]


def _run(run: RunRecord, facets: bytes, runs: Mapping[str, tuple[RunRecord, bytes]]) -> dict[str, Any]:
    parent = runs.get(run.parent or "")
    named = {name.replace("\0", " "): raw for name, (_, _, raw) in decode_run_facets(facets).items()}
    return {
        "record": "run",
        "job": {"namespace": run.namespace, "name": run.job_name},
        "run_id": run.run_id,
        "state": run.state,
        "attempts": msgspec.Raw(run.attempts),
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "conflict": run.conflict,
        "parent": {"namespace": parent[0].namespace, "name": parent[0].job_name, "run_id": parent[0].run_id}
        if parent
        else None,
        "facets": {name: _one_line(raw) for name, raw in named.items() if raw is not None},
    }
