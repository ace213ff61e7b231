"""The profile of one version from model events: how its predictions are interpreted and measured."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from headwater.contracts.models import ModelEvent
from headwater.evaluation import Parameters


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that windows depend on beside their rows; a change recomputes them."""

    task: str
    window_seconds: int
    label_set: tuple[str, ...] | None = None
    positive: str | None = None
    threshold: float | None = None
    slices: dict[str, tuple[str, ...]] = {}
    codec: Literal[1] = 1

    @property
    def parameters(self) -> Parameters:
        return Parameters(positive=self.positive, labels=self.label_set, threshold=self.threshold)


class ModelObservation(NamedTuple):
    """A model event with its position in the last-writer-wins order."""

    at: int
    event_id: bytes
    event: ModelEvent


def profile_of(version: str, observed: Iterable[ModelObservation], *, window_seconds: int) -> Profile | None:
    """The profile of a version from all events of its model; None while no event has a task.

    For each field the latest event of the version that has it applies. Fields missing in the version's own events are
    taken from the model's other events, except the threshold, which is specific to a version.
    """
    events = sorted(observed, key=lambda t: (t.event.version == version, t.at, t.event_id))
    stated: dict[str, Any] = {}
    for item in events:
        stated.update(_stated(item.event, own=item.event.version == version))
    return Profile(window_seconds=window_seconds, **stated) if "task" in stated else None


def _stated(event: ModelEvent, *, own: bool) -> Mapping[str, Any]:
    fields: dict[str, Any] = {
        "task": event.task,
        "label_set": None if event.label_set is None else tuple(event.label_set),
        "positive": event.positive,
        "threshold": event.threshold if own else None,
        "slices": {name: tuple(sorted(values)) for name, values in sorted(event.slices.items())} or None,
    }
    return {name: value for name, value in fields.items() if value is not None}
