"""Unknown fields inside the facets that Headwater reads.

Producers repeat facets in every event, so results are cached by the hash of the facet's bytes, and events all of whose
facets are valid cost one look-up per facet.
"""

from collections.abc import Mapping

from headwater.contracts import known_lineage
from headwater.contracts.facet_checks import OF_DATASETS, OF_JOBS, Named, has_long_name
from headwater.contracts.lineage import Facets, LineageEvent
from headwater.contracts.unknown_fields import Known, Tally

REMEMBERED = 5_000
"""Facets of one name."""
_NEVER = Tally()


class _Facet:
    """A facet of one name. `hash` of bytes is keyed per process, so that nobody can construct a collision.

    named: the identities in it, if any. clean: hashes of facets without unknown fields and long names.
    """

    def __init__(self, known: Known, named: Named | None) -> None:
        self._known, self._named = known, named
        self._seen: dict[int, Tally | None] = {}
        self.clean: set[int] = set()

    def is_clean(self, raw: bytes) -> bool:
        """Check a facet that is not in `clean`, and add it there if it is clean."""
        if self.unknown(raw) is not None or (self._named is not None and has_long_name(raw, self._named)):
            return False
        if len(self.clean) >= REMEMBERED:
            self.clean.clear()
        self.clean.add(hash(raw))
        return True

    def unknown(self, raw: bytes) -> Tally | None:
        key = hash(raw)
        found = self._seen.get(key, _NEVER)
        if found is _NEVER:
            found = self._known.unknown(raw)
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            self._seen[key] = found
        return found


_Readers = Mapping[str, _Facet]


def _readers(kinds: Mapping[str, type], named: Mapping[str, Named]) -> _Readers:
    return {name: _Facet(Known(kind), named.get(name)) for name, kind in kinds.items()}


_RUN = _readers(known_lineage.RUN, {})
_JOB = _readers(known_lineage.JOB, OF_JOBS)
_DATASET = _readers(known_lineage.DATASET, OF_DATASETS)


def all_clean(event: LineageEvent) -> bool:
    """Whether no facet that is read holds an unknown field or a name that is too long."""
    run, job, dataset = event.run, event.job, event.dataset
    if run is not None and run.facets and not _clean(run.facets, _RUN):
        return False
    if job is not None and job.facets and not _clean(job.facets, _JOB):
        return False
    if dataset is not None and dataset.facets and not _clean(dataset.facets, _DATASET):
        return False
    for side in (event.inputs, event.outputs):
        for each in side or ():
            if each.facets and not _clean(each.facets, _DATASET):
                return False
    return True


def _clean(facets: Facets, readers: _Readers) -> bool:
    for name, raw in facets.items():
        reader = readers.get(name)
        if reader is not None:
            text = bytes(raw)
            if hash(text) not in reader.clean and not reader.is_clean(text):
                return False
    return True


def find(event: LineageEvent, tally: Tally | None = None) -> Tally | None:
    """Add the unknown fields in the facets of an event; None where there are none."""
    run, job, dataset = event.run, event.job, event.dataset
    if run is not None and run.facets:
        tally = _find(run.facets, _RUN, tally, "run")
    if job is not None and job.facets:
        tally = _find(job.facets, _JOB, tally, "job")
    if dataset is not None and dataset.facets:
        tally = _find(dataset.facets, _DATASET, tally, "dataset")
    for side, datasets in (("inputs", event.inputs), ("outputs", event.outputs)):
        for index, each in enumerate(datasets or ()):
            if each.facets:
                tally = _find(each.facets, _DATASET, tally, side, index)
    return tally


def _find(facets: Facets, readers: _Readers, tally: Tally | None, where: str, index: int | None = None) -> Tally | None:
    for name, raw in facets.items():
        reader = readers.get(name)
        if reader is not None and (found := reader.unknown(bytes(raw))) is not None:
            at = where if index is None else f"{where}[{index}]"
            tally = tally or Tally()
            tally.include(found, f"{where}.facets.{name}", f"{at}.facets.{name}")
    return tally
