"""Unknown fields inside the facets that Headwater reads.

Producers repeat facets in every event, so what was found in one is remembered by the hash of its bytes.
"""

from collections.abc import Mapping

from headwater.contracts import known_lineage
from headwater.contracts.lineage import Facets, LineageEvent
from headwater.contracts.unknown_fields import Known, Tally

REMEMBERED = 5_000
"""Facets of one name."""
_NEVER = Tally()


class _Facet:
    """A facet of one name. `hash` of bytes is keyed by the process, so that nobody can make two facets equal in it."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._seen: dict[int, Tally | None] = {}

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


def _readers(kinds: Mapping[str, type]) -> _Readers:
    return {name: _Facet(Known(kind)) for name, kind in kinds.items()}


_RUN = _readers(known_lineage.RUN)
_JOB = _readers(known_lineage.JOB)
_DATASET = _readers(known_lineage.DATASET)


def find(event: LineageEvent, tally: Tally | None = None) -> Tally | None:
    """Add what is unknown in the facets of an event; None where nothing is."""
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
