"""One row a prediction: how claims change it, and what it contributes to panes before and after."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from headwater.contracts.predictions import Label
from headwater.evaluation import UnreadableState
from headwater.metrics_engine.messages import Kept
from headwater.metrics_engine.outcomes import Pair, pair_of
from headwater.metrics_engine.profile import Profile
from headwater.metrics_engine.windows import SliceKey, pane, slice_keys

_ENCODER = msgspec.json.Encoder()
_KEPT = msgspec.json.Decoder(Kept)
_LABEL = msgspec.json.Decoder(Label)


class Predicted(NamedTuple):
    """The prediction that holds for a row; `body` is its `Kept` as JSON."""

    time: int
    tie: bytes
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
    """The label that holds for a row, as JSON; None: the last word is a retraction."""

    time: int
    tie: bytes
    body: bytes | None

    @property
    def label(self) -> Label | None:
        """Raises UnreadableState."""
        try:
            return None if self.body is None else _LABEL.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadableState(f"a stored label cannot be read: {error}") from error


class Row(NamedTuple):
    """Either side may come first: a label without its prediction is held."""

    prediction: Predicted | None = None
    label: Labelled | None = None

    def with_prediction(self, claim: Predicted) -> "Row":
        """The latest claim by (time, tie) holds; the same claim again changes nothing."""
        now = self.prediction
        return (
            self
            if now is not None and (claim.time, claim.tie) <= (now.time, now.tie)
            else self._replace(prediction=claim)
        )

    def with_label(self, claim: Labelled) -> "Row":
        """The latest claim by (time, tie) holds; the same claim again changes nothing."""
        now = self.label
        return (
            self if now is not None and (claim.time, claim.tie) <= (now.time, now.tie) else self._replace(label=claim)
        )


NOTHING = Row()
Claim = Predicted | Labelled


def merged(row: Row, claims: Iterable[Claim], tally: Counter[tuple[str, str]] | None = None) -> Row:
    """The row after some claims, in whatever order they come. `tally` counts them as (kind, what became of it)."""
    for claim in claims:
        if isinstance(claim, Predicted):
            kind, after = "prediction", row.with_prediction(claim)
        else:
            kind, after = "label", row.with_label(claim)
        if tally is not None:
            tally[kind, "passed over" if after is row else "taken"] += 1
        row = after
    return row


def losers(before: Row, after: Row, claims: Iterable[Claim]) -> list[Labelled]:
    """Labels that were said of the row and do not hold (any more)."""
    said = {claim for claim in claims if isinstance(claim, Labelled)}
    if said and before.label is not None:
        said.add(before.label)
    return [label for label in said if label != after.label]


class PaneKey(NamedTuple):
    """A pane of computed metrics of one model version."""

    version: int
    slice: SliceKey
    start: int
    end: int


class Contribution(NamedTuple):
    """What one row adds to one pane: itself, and its pair when it is labelled."""

    key: PaneKey
    pair: Pair | None


def encode(value: Kept | Label) -> bytes:
    return _ENCODER.encode(value)


class Place(NamedTuple):
    """Where a prediction counts, and how it is read."""

    kept: Kept
    profile: Profile
    keys: tuple[PaneKey, ...]


def place(prediction: Predicted | None, profiles: Mapping[int, Profile]) -> Place | None:
    """None without a prediction, or while its version's task is unknown."""
    profile = None if prediction is None else profiles.get(prediction.version)
    if prediction is None or profile is None:
        return None
    kept = prediction.kept
    window = pane(prediction.time, profile.pane_seconds)
    keys = tuple(
        [PaneKey(prediction.version, key, window.start, window.end) for key in slice_keys(kept.slices, profile.slices)]
    )
    return Place(kept, profile, keys)


def contributions(at: Place | None, label: Labelled | None) -> Iterator[Contribution]:
    """What a row contributes to each of its panes."""
    if at is None:
        return
    truth = None if label is None else label.label
    pair = pair_of(at.kept.prediction, truth, at.kept.weight, at.profile)
    for key in at.keys:
        yield Contribution(key, pair)
