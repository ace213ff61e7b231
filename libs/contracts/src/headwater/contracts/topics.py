"""The closed list of topics: what each carries, by which key, for how long.

The source is `libs/contracts/topics/*.yaml`; `python -m headwater.contracts.generate` writes `topics.json` beside this
module from it, so that programs need no YAML parser.
"""

from importlib.resources import files
from typing import Literal

import msgspec

OPENLINEAGE_EVENTS = "openlineage.events"
HEADWATER_MODELS = "headwater.models"
HEADWATER_PREDICTIONS = "headwater.predictions"
HEADWATER_LABELS = "headwater.labels"
LINEAGE_EVENTS = "lineage.events"
LINEAGE_EDITS = "lineage.edits"
MODEL_EVENTS = "model.events"
PREDICTION_EVENTS = "prediction.events"
MODEL_OUTPUTS = "model.outputs"
METRIC_RESULTS = "metric.results"
ALERT_EVENTS = "alert.events"
AUDIT_EVENTS = "audit.events"
GRAPH_CHANGES = "graph.changes"

INBOUND = (OPENLINEAGE_EVENTS, HEADWATER_MODELS, HEADWATER_PREDICTIONS, HEADWATER_LABELS)
"""Where producers may write; every other topic is written by our services alone."""


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`retention` counts hours, null means unlimited; `message_limit` counts bytes of key, value and headers."""

    name: str
    purpose: str
    key: str
    scope: Literal["inbound", "internal"]
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    partitions: int
    retention: int | None
    message_limit: int
    dead_letter: str


TOPICS: tuple[Topic, ...] = msgspec.json.decode(
    files("headwater.contracts").joinpath("topics.json").read_bytes(), type=tuple[Topic, ...]
)
_BY_NAME = {topic.name: topic for topic in TOPICS}


def topic(name: str) -> Topic:
    """The topic of this name; KeyError when there is none."""
    return _BY_NAME[name]


def partitions(*, embedded: bool) -> dict[str, int]:
    """Every topic and dead-letter topic with its number of partitions, as `create_topics` takes them.

    Embedded topics have one partition, and there are no inbound ones: only our own services write there.
    Dead letters are few and read in order: one partition.
    """
    if embedded:
        return {name: 1 for t in TOPICS if t.scope == "internal" for name in (t.name, t.dead_letter)}
    return {t.name: t.partitions for t in TOPICS} | {t.dead_letter: 1 for t in TOPICS}
