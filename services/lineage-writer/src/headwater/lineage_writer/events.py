"""Lineage events as the writer decodes them: `contracts.lineage` with the facets of each entity left undecoded.

Producers repeat most facets in every event. Undecoded, repeated ones are recognised by their bytes and need not be
decoded again (`facets.py`).
"""

import msgspec

from headwater.contracts.lineage import EventType

NO_FACETS = msgspec.Raw()


class Run(msgspec.Struct, gc=False):
    run_id: str = msgspec.field(name="runId")
    facets: msgspec.Raw = NO_FACETS


class Job(msgspec.Struct, gc=False):
    namespace: str
    name: str
    facets: msgspec.Raw = NO_FACETS


class Dataset(msgspec.Struct, gc=False):
    namespace: str
    name: str
    facets: msgspec.Raw = NO_FACETS
    input_facets: msgspec.Raw = msgspec.field(default=NO_FACETS, name="inputFacets")
    output_facets: msgspec.Raw = msgspec.field(default=NO_FACETS, name="outputFacets")


class Event(msgspec.Struct, gc=False):
    """A run event has `run` and `job`, a job event `job` alone, a dataset event `dataset` alone."""

    event_time: str = msgspec.field(name="eventTime")
    run: Run | None = None
    job: Job | None = None
    dataset: Dataset | None = None
    inputs: list[Dataset] | None = None
    outputs: list[Dataset] | None = None
    event_type: EventType | None = msgspec.field(default=None, name="eventType")
    producer: str | None = None


decode_event = msgspec.json.Decoder(Event).decode


def namespace_of(event: Event) -> str:
    """The namespace of the event: the job's, or the dataset's for a dataset event."""
    subject = event.job or event.dataset
    return subject.namespace if subject else ""
