"""Models and their versions, from states."""

from typing import Any

import msgspec

from headwater.contracts.api.graph import Node
from headwater.contracts.api.models import ModelDetail, ModelPage, ModelSummary, VersionSummary
from headwater.contracts.identity import Visible
from headwater.contracts.keys import Kind, model_version_key
from headwater.graph.answering.lookups import LinkRecord, NodeRecord, Reading
from headwater.graph.answering.redaction import Redaction, redaction_for
from headwater.graph.answering.searching import Question, search_page
from headwater.graph.answering.shapes import instant, node_of, summary_of
from headwater.graph.state.cards import version_stage
from headwater.graph.state.states import ModelState, Stamped, VersionState, decode_node


def model_page(reading: Reading, text: str, *, limit: int, cursor: str | None, visible: Visible) -> ModelPage:
    """Models whose name contains the text, in search order."""
    question = Question(text.casefold(), (Kind.ML_MODEL.value,))
    page, mark = search_page(reading, question, limit=limit, cursor=cursor, visible=visible)
    return ModelPage(items=[ModelSummary(**_summary(hit.node)) for hit in page], next_cursor=mark)


def model_detail(reading: Reading, node: str, visible: Visible) -> ModelDetail | None:
    record = reading.nodes([node]).get(node)
    if record is None or record.kind != Kind.ML_MODEL.value or not visible.allows(record.key.namespace):
        return None
    stored = reading.states([node])[node]
    state = decode_node(Kind.ML_MODEL.value, stored.state)
    assert isinstance(state, ModelState)
    ids = {version: model_version_key(*record.key[1:], version).id for version in state.versions}
    newest = sorted(state.versions, key=lambda v: (-state.versions[v].first, v))
    redaction = redaction_for(reading, visible)
    description, label_set = _value(state.about, "description"), _value(state.about, "label_set")
    return ModelDetail(
        **_summary(record),
        description=None if redaction.names(description) else description,
        label_set=None if redaction.names(label_set) else label_set,
        version_list=_versions(reading, [(v, ids[v]) for v in newest], visible, redaction),
    )


def _summary(node: NodeRecord) -> dict[str, Any]:
    summary = summary_of(node.card)
    return {
        "id": node.id,
        "namespace": node.key.namespace,
        "name": node.key.name,
        "task": summary.get("task"),
        "latest_version": summary.get("latest_version"),
        "deployed_version": summary.get("deployed_version"),
        "versions": summary.get("versions", 0),
        "status": node.status,
        "last_seen": instant(node.last_seen),
    }


def _value(kept: dict[str, Stamped], name: str) -> Any:
    found = kept.get(name)
    return None if found is None or found[2] is None else msgspec.json.decode(found[2])


def _versions(
    reading: Reading, versions: list[tuple[str, str]], visible: Visible, redaction: Redaction
) -> list[VersionSummary]:
    ids = [node for _, node in versions]
    states = reading.states(ids)
    links = reading.links(ids)
    ends = {end for link in links for end in (link.source, link.target)}
    seen = [n for n in reading.nodes(sorted(ends)).values() if visible.allows(n.key.namespace)]
    nodes = {n.id: redaction.card(node_of(n)) for n in seen}
    found = [_version(version, node, states[node].state, links, nodes) for version, node in versions if node in states]
    for summary in found:
        if redaction.names(summary.training_metrics):
            summary.training_metrics = {}
    return found


def _version(version: str, node: str, raw: bytes, links: list[LinkRecord], nodes: dict[str, Node]) -> VersionSummary:
    state = decode_node(Kind.MODEL_VERSION.value, raw)
    assert isinstance(state, VersionState)
    firsts = {action: first for action, (first, _, _) in state.actions.items()}
    used = {link.source for link in links if link.type == "USED_IN" and link.target == node}
    made = {link.target for link in links if link.type == "GENERATES" and link.source == node}
    return VersionSummary(
        id=node,
        version=version,
        stage=version_stage(state),
        registered_at=instant(firsts.get("registered", min(firsts.values()) if firsts else None)),
        deployed_at=instant(firsts.get("deployed")),
        training_datasets=_named(used, nodes),
        outputs=_named(made, nodes),
        training_metrics=_value(state.details, "metrics") or {},
    )


def _named(ids: set[str], nodes: dict[str, Node]) -> list[Node]:
    return sorted((nodes[i] for i in ids if i in nodes), key=lambda n: (n.namespace, n.name))
