"""What a lineage event may change on shared datasets, decided when it is accepted. Pure.

A sender that may write a job may use any dataset as its input or output and describe what the job saw of it. Changing
the dataset for everybody needs `dataset:annotate` on its namespace, and lineage of another job needs `ingest:write` on
that job's namespace. Anything not granted is not applied; it stays in the event as sent.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from headwater.contracts.grants import EVERYTHING, encode_grants, needs_annotate
from headwater.contracts.identity import Visible
from headwater.contracts.lineage import (
    Dataset,
    Facets,
    LineageEntry,
    LineageEvent,
    entries_of_job,
    entry_of_dataset,
    jobs_named,
    other_names,
)

ANNOTATE = "dataset:annotate"
WRITE = "ingest:write"
MOST_NOTES = 10
LONGEST_NAME = 200


class Decision(NamedTuple):
    """`header`: the record's header for its readers. `notes`: what will not be applied, for the sender."""

    header: bytes
    notes: tuple[str, ...]


UNLIMITED = Decision(EVERYTHING, ())


def decide(event: LineageEvent, annotates: Visible, writes: Visible) -> Decision:
    """What the sender may change with this event: `annotates` and `writes`: where it holds the two permissions."""
    if annotates.everything and writes.everything:
        return UNLIMITED
    review = _Review(annotates, writes)
    if event.job is not None:
        if event.job.facets and (lineage := event.job.facets.get("lineage")) is not None:
            review.jobs(entries_of_job(bytes(lineage)) or ())
        for dataset in (*(event.inputs or ()), *(event.outputs or ())):
            review.of_a_job(dataset)
    elif event.dataset is not None:
        review.declared(event.dataset)
    return review.decision()


class _Refused(NamedTuple):
    """`what`: with a placeholder for each name."""

    permission: str
    namespace: str
    what: str
    names: tuple[str, ...]

    def note(self) -> str:
        what = self.what.format(*map(_short, self.names))
        return f"{what} was not applied: {self.permission} is not granted on the namespace {_short(self.namespace)}"


class _Review:
    """Collects the namespaces on which one event needs a permission that its sender holds, and what is refused."""

    def __init__(self, annotates: Visible, writes: Visible) -> None:
        self._annotates, self._writes = annotates, writes
        self._annotate: set[str] = set()
        self._write: set[str] = set()
        self._refused: dict[_Refused, None] = {}

    def of_a_job(self, dataset: Dataset) -> None:
        """A dataset that the event's job reads or writes."""
        values = _values(dataset.facets)
        needing = {name: value for name, value in values.items() if needs_annotate(name, value)}
        if needing:
            self._annotations(dataset, needing)
        self._explicit(values)

    def declared(self, dataset: Dataset) -> None:
        """A dataset declared without a job: every facet of it needs the permission."""
        values = _values(dataset.facets)
        if values and self._annotations(dataset, values):
            self._explicit(values)

    def jobs(self, entries: Iterable[LineageEntry]) -> None:
        """Jobs in explicit lineage."""
        for namespace, name in jobs_named(entries):
            if self._writes.allows(namespace):
                self._write.add(namespace)
            else:
                self._refuse(WRITE, namespace, "lineage through the job {}/{}", namespace, name)

    def decision(self) -> Decision:
        notes = [refused.note() for refused in [*self._refused][:MOST_NOTES]]
        if len(self._refused) > MOST_NOTES:
            notes.append(f"{len(self._refused) - MOST_NOTES} more were not applied because a permission is missing")
        return Decision(encode_grants(self._annotate, self._write), tuple(notes))

    def _annotations(self, dataset: Dataset, facets: Mapping[str, bytes]) -> bool:
        """Whether facets that need `dataset:annotate` are granted; a second name of the dataset needs it too."""
        own = (dataset.namespace, dataset.name)
        if not self._annotates.allows(dataset.namespace):
            for facet in facets:
                self._refuse(ANNOTATE, dataset.namespace, "{} of {}/{}", facet, *own)
            return False
        self._annotate.add(dataset.namespace)
        for namespace, name in other_names(facets):
            if self._annotates.allows(namespace):
                self._annotate.add(namespace)
            else:
                self._refuse(ANNOTATE, namespace, "the name {}/{} of {}/{}", namespace, name, *own)
        return True

    def _explicit(self, facets: Mapping[str, bytes]) -> None:
        if "lineage" in facets and (entry := entry_of_dataset(facets["lineage"])) is not None:
            self.jobs([entry])

    def _refuse(self, permission: str, namespace: str, what: str, *names: str) -> None:
        self._refused[_Refused(permission, namespace, what, names)] = None


def _values(facets: Facets | None) -> dict[str, bytes]:
    return {name: bytes(raw) for name, raw in facets.items()} if facets else {}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
