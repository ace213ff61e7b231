"""The ways into a product: one event per POST, batches, or a Kafka topic under any key."""

import random
from collections.abc import Iterable, Sequence
from contextlib import closing

from headwater.bus.kafka import KafkaBus
from headwater.bus.port import Outgoing
from tests.histories import LINEAGE, Sent
from tests.product import Product

BATCH = 7


def post_each(product: Product, said: Iterable[Sent]) -> None:
    """Each event in a separate request, in order."""
    for one in said:
        answer = product.post(one.path, one.body)
        assert answer.status_code == 201, f"{answer.status_code} to {one.body!r}: {answer.text}"


def post_batches(product: Product, said: Iterable[Sent]) -> None:
    """Lineage events in batches, all others as lines."""
    by_path: dict[str, list[bytes]] = {}
    for one in said:
        by_path.setdefault(one.path, []).append(one.body)
    for path, told in by_path.items():
        for begin in range(0, len(told), BATCH):
            bodies = told[begin : begin + BATCH]
            if path == LINEAGE:
                answer = product.post(f"{path}/batch", b"[" + b",".join(bodies) + b"]")
                assert answer.json()["status"] == "success", answer.text
            else:
                answer = product.post(path, b"\n".join(bodies), headers={"Content-Type": "application/x-ndjson"})
                assert answer.status_code == 201, answer.text


def produce(bootstrap: str, said: Sequence[Sent], chance: random.Random) -> None:
    """Onto the inbound topics under random keys, so that related records are in different partitions."""
    with closing(KafkaBus(bootstrap, client_id="producer")) as bus:
        records = [Outgoing(one.topic, chance.randbytes(4), one.body) for one in said]
        bus.producer().send_all(records, timeout=60)
