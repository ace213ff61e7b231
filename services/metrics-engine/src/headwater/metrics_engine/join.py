"""One row per prediction: how observations change it, and its contributions to windows before and after."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from headwater.contracts.predictions import Label
from headwater.evaluation import UnreadableState
from headwater.metrics_engine.messages import Kept
from headwater.metrics_engine.outcomes import Pair, pair_of
from headwater.metrics_engine.profile import Profile
from headwater.metrics_engine.windows import SliceKey, slice_keys, window_at

_ENCODER = msgspec.json.Encoder()
_KEPT = msgspec.json.Decoder(Kept)
_LABEL = msgspec.json.Decoder(Label)


class Predicted(NamedTuple):
    """The current prediction of a row; `body` is its `Kept` as JSON."""

    time: int
    event_id: bytes
    version: int
    body: bytes

    @property
    def kept(self) -> Kept:
        """Raises UnreadableState."""
        try:
            return _KEPT.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadableState(f"a stored prediction cannot be read: {error}") from error


class Labelled(NamedTuple):
    """The current label of a row, as JSON; None: the latest is a retraction."""

    time: int
    event_id: bytes
    body: bytes | None

    @property
    def label(self) -> Label | None:
        """Raises UnreadableState."""
        try:
            return None if self.body is None else _LABEL.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadableState(f"a stored label cannot be read: {error}") from error


class Row(NamedTuple):
    """Either side may arrive first: a label without its prediction is kept."""

    prediction: Predicted | None = None
    label: Labelled | None = None

    def with_prediction(self, observation: Predicted) -> "Row":
        """The latest observation by (time, event_id) applies; a repeated one changes nothing."""
        now = self.prediction
        return (
            self
            if now is not None and (observation.time, observation.event_id) <= (now.time, now.event_id)
            else self._replace(prediction=observation)
        )

    def with_label(self, observation: Labelled) -> "Row":
        """The latest observation by (time, event_id) applies; a repeated one changes nothing."""
        now = self.label
        return (
            self
            if now is not None and (observation.time, observation.event_id) <= (now.time, now.event_id)
            else self._replace(label=observation)
        )


NOTHING = Row()
Observation = Predicted | Labelled


def merged(row: Row, observations: Iterable[Observation], tally: Counter[tuple[str, str]] | None = None) -> Row:
    """The row after observations in any order. `tally` counts them as (kind, outcome)."""
    for observation in observations:
        if isinstance(observation, Predicted):
            kind, after = "prediction", row.with_prediction(observation)
        else:
            kind, after = "label", row.with_label(observation)
        if tally is not None:
            tally[kind, "passed over" if after is row else "taken"] += 1
        row = after
    return row


def superseded_labels(before: Row, after: Row, observations: Iterable[Observation]) -> list[Labelled]:
    """Labels of the row that do not apply (any more)."""
    labels = {observation for observation in observations if isinstance(observation, Labelled)}
    if labels and before.label is not None:
        labels.add(before.label)
    return [label for label in labels if label != after.label]


class WindowKey(NamedTuple):
    """A window of computed metrics of one model version."""

    version: int
    slice: SliceKey
    start: int
    end: int


class Contribution(NamedTuple):
    """The contribution of one row to one window: itself, and its pair when it is labelled."""

    key: WindowKey
    pair: Pair | None


def encode(value: Kept | Label) -> bytes:
    return _ENCODER.encode(value)


class Place(NamedTuple):
    """The windows of a prediction, and how it is interpreted."""

    kept: Kept
    profile: Profile
    keys: tuple[WindowKey, ...]


def place(prediction: Predicted | None, profiles: Mapping[int, Profile]) -> Place | None:
    """None without a prediction, or while its version's task is unknown."""
    profile = None if prediction is None else profiles.get(prediction.version)
    if prediction is None or profile is None:
        return None
    kept = prediction.kept
    bounds = window_at(prediction.time, profile.window_seconds)
    keys = tuple(
        [
            WindowKey(prediction.version, key, bounds.start, bounds.end)
            for key in slice_keys(kept.slices, profile.slices)
        ]
    )
    return Place(kept, profile, keys)


def contributions(at: Place | None, label: Labelled | None) -> Iterator[Contribution]:
    """The contributions of a row to each of its windows."""
    if at is None:
        return
    truth = None if label is None else label.label
    pair = pair_of(at.kept.prediction, truth, at.kept.weight, at.profile)
    for key in at.keys:
        yield Contribution(key, pair)
