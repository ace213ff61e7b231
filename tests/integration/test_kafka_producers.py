"""Producers on Kafka: the transport of the OpenLineage client, and bytes that are not events; distributed mode."""

import json
import os
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import confluent_kafka
import pytest
from openlineage.client import OpenLineageClient

from headwater.contracts.topics import INBOUND, OPENLINEAGE_EVENTS
from tests.distributed import DistributedProduct
from tests.integration.bad_events import named, run_event
from tests.integration.commands import headwater, succeeds
from tests.integration.publishing import VISIBLE_SECONDS, around, seconds_until_visible
from tests.product import eventually

pytestmark = pytest.mark.servers
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def broker(distributed: DistributedProduct) -> str:
    distributed.await_ready()
    return distributed.stores().kafka_bootstrap


@pytest.fixture
def client(broker: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenLineageClient]:
    """Configured like a pipeline: only by environment variables."""
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)
    settings = {"TYPE": "kafka", "TOPIC": OPENLINEAGE_EVENTS, "CONFIG": json.dumps({"bootstrap.servers": broker})}
    for name, value in settings.items():
        monkeypatch.setenv(f"OPENLINEAGE__TRANSPORT__{name}", value)
    made = OpenLineageClient()
    assert made.transport.kind == "kafka"
    yield made
    assert made.close(10)


class Stranger:
    """A producer without any code of the product."""

    def __init__(self, broker: str) -> None:
        self._producer = confluent_kafka.Producer({"bootstrap.servers": broker})

    def send(self, topic: str, value: bytes, *, partition: int = 0) -> int:
        """The offset at which the broker stored it."""
        stored: list[Any] = []
        self._producer.produce(
            topic, value, partition=partition, on_delivery=lambda error, sent: stored.append((error, sent))
        )
        assert self._producer.flush(20) == 0
        [(error, message)] = stored
        assert error is None
        return int(message.offset())

    def close(self) -> None:
        self._producer.close()


@pytest.fixture
def stranger(broker: str) -> Iterator[Stranger]:
    made = Stranger(broker)
    yield made
    made.close()


class Letters:
    """`headwater dead-letters` on this installation."""

    def __init__(self, product: DistributedProduct) -> None:
        self._environment = {"HEADWATER_MODE": "distributed"} | product.stores().environment()

    def of(self, topic: str) -> dict[tuple[int, int], dict[str, Any]]:
        """Unsettled dead letters by source partition and offset."""
        lines = succeeds("dead-letters", "list", "--json", "--topic", topic, env=self._environment).splitlines()
        return {(entry["partition"], entry["offset"]): entry for entry in map(json.loads, lines)}

    def at(self, topic: str, *offsets: int) -> list[dict[str, Any]]:
        """The dead letters of partition 0 with these source offsets, once all are there."""
        places = [(0, offset) for offset in offsets]

        def all_there() -> list[dict[str, Any]] | None:
            found = self.of(topic)
            return [found[place] for place in places] if found.keys() >= set(places) else None

        entries: list[dict[str, Any]] = eventually(all_there)
        return entries

    def bytes_of(self, entry: str) -> bytes:
        raw: bytes = headwater("dead-letters", "show", entry, "--raw", env=self._environment, text=False).stdout  # type: ignore[assignment]
        return raw

    def redrive(self, *entries: str) -> str:
        return succeeds("dead-letters", "redrive", *entries, env=self._environment)


@pytest.fixture
def entries(distributed: DistributedProduct) -> Letters:
    return Letters(distributed)


def test_what_the_client_sends_to_kafka_is_visible_within_a_second(
    client: OpenLineageClient, distributed: DistributedProduct
) -> None:
    token = distributed.login()
    first = seconds_until_visible(distributed, token, client.emit, times=1)  # everything is cold
    print(f"kafka: the first visible after {first:.3f} s")
    seconds = seconds_until_visible(distributed, token, client.emit)
    print(f"kafka: visible after {seconds:.3f} s")
    assert seconds <= VISIBLE_SECONDS


@pytest.mark.parametrize("topic", INBOUND)
def test_bytes_that_are_no_event_are_kept_whole_with_source_and_reason(
    stranger: Stranger, entries: Letters, topic: str
) -> None:
    chance = random.Random(20260301)
    sent = [chance.randbytes(200), b"", b"{", b'{"unknown": true}', b"\x00"]
    found = entries.at(topic, *(stranger.send(topic, value) for value in sent))
    assert all(len(entry["reason"]) > 10 for entry in found)
    assert {entry["service"] for entry in found} == {"ingest-gateway"}
    assert entries.bytes_of(found[0]["id"]) == sent[0]


def test_a_partition_goes_on_after_bytes_that_are_no_event(
    stranger: Stranger, entries: Letters, distributed: DistributedProduct
) -> None:
    before, after = f"before-{uuid.uuid4().hex[:6]}", f"after-{uuid.uuid4().hex[:6]}"
    stranger.send(OPENLINEAGE_EVENTS, _event(before))
    bad = stranger.send(OPENLINEAGE_EVENTS, b"\xff\xfe" + os.urandom(64))
    nameless = stranger.send(OPENLINEAGE_EVENTS, json.dumps(run_event(job=None)).encode())
    stranger.send(OPENLINEAGE_EVENTS, _event(after))
    token = distributed.login()
    assert eventually(lambda: around(distributed, token, after, "bad"))
    assert around(distributed, token, before, "bad")
    binary, incomplete = entries.at(OPENLINEAGE_EVENTS, bad, nameless)
    assert "UTF-8" in binary["reason"]
    assert "job" in incomplete["reason"]


def test_a_letter_that_is_sent_again_is_taken_once_its_cause_is_gone(
    stranger: Stranger, entries: Letters, distributed: DistributedProduct
) -> None:
    """An event of a producer whose clock is wrong: a day and some seconds ahead, which soon is only a day."""
    token = distributed.login()
    job, at, early = _told_too_early(stranger, entries, distributed, token)
    [never] = entries.at(OPENLINEAGE_EVENTS, stranger.send(OPENLINEAGE_EVENTS, b"never an event"))
    assert "day" in early["reason"]
    eventually(lambda: datetime.now(UTC) + DAY > at)
    before = entries.of(OPENLINEAGE_EVENTS)
    assert entries.redrive(early["id"], never["id"]) == "2 sent again\n"
    assert eventually(lambda: around(distributed, token, job, "bad"))
    after = eventually(lambda: _grown(entries.of(OPENLINEAGE_EVENTS), before))
    assert not {early["id"], never["id"]} & {entry["id"] for entry in after.values()}
    [again] = after.keys() - before.keys()
    assert entries.bytes_of(after[again]["id"]) == b"never an event"


def _told_too_early(
    stranger: Stranger, entries: Letters, product: DistributedProduct, token: str
) -> tuple[str, datetime, dict[str, Any]]:
    """The name of a job, the time of its event, and the dead letter that it became: further ahead where all takes
    long."""
    for seconds in (4, 16, 64):
        job = f"early-{uuid.uuid4().hex[:6]}"
        at = datetime.now(UTC) + DAY + timedelta(seconds=seconds)
        place = (0, stranger.send(OPENLINEAGE_EVENTS, _event(job, eventTime=at.isoformat())))
        if entry := eventually(partial(_judged, place, job, entries, product, token)).entry:
            return job, at, entry
    pytest.fail("an event of tomorrow was taken each time: more than a minute passed before it was judged")


class Judged(NamedTuple):
    """`dead letter`: None for an accepted event."""

    entry: dict[str, Any] | None


def _judged(
    place: tuple[int, int], job: str, entries: Letters, product: DistributedProduct, token: str
) -> Judged | None:
    """What became of an event, once it is known."""
    entry = entries.of(OPENLINEAGE_EVENTS).get(place)
    return Judged(entry) if entry or around(product, token, job, "bad") else None


def _grown(now: dict[Any, Any], before: dict[Any, Any]) -> dict[Any, Any] | None:
    """The dead letters once one of them is new."""
    return now if now.keys() - before.keys() else None


def _event(job: str, **more: Any) -> bytes:
    return json.dumps(run_event(job=named(name=job), run={"runId": str(uuid.uuid4())}, **more)).encode()
