"""A write can be followed by its request id through the log of every service that handles it, in both modes."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import confluent_kafka
import pytest
import requests

from headwater.contracts.topics import OPENLINEAGE_EVENTS
from tests.distributed import DistributedProduct
from tests.load import MODEL_EVENTS, alert_rule, registered, run_event
from tests.patience import LONG, eventually
from tests.product import Product

pytestmark = pytest.mark.timeout(240)
PASSWORD = "four score and seven years"
GATEWAY, WRITER, ENGINE, ALERTING = (
    "ingest-gateway.access",
    "lineage-writer.consumer",
    "metrics-engine.consumer",
    "alerting.consumer",
)
RULE_ROUTE = "/api/v1/alerts/rules"


class Sent:
    """Writes with distinct ids, and the components that must log each."""

    def __init__(self, product: Product) -> None:
        self.product, self.token = product, product.login()
        self.space = f"followed {uuid.uuid4().hex[:8]}"
        self.expected: dict[str, set[str]] = {}

    def event(self, path: str, body: Any, *handled_by: str) -> None:
        """With the producer key."""
        self.product.post(path, body, headers={"X-Request-Id": self._named(*handled_by)}).raise_for_status()

    def act(self, method: str, path: str, body: Any, *handled_by: str) -> requests.Response:
        """As the administrator; repeated while the product does not know the model yet."""
        headers = {"Authorization": f"Bearer {self.token}", "X-Request-Id": self._named(*handled_by)}

        def done() -> requests.Response | None:
            answer = requests.request(method, self.product.url + path, json=body, headers=headers, timeout=LONG)
            assert answer.ok or answer.status_code == 422, answer.text
            return answer if answer.ok else None

        found: requests.Response = eventually(done)
        return found

    def await_logged(self) -> None:
        """Wait until each component has logged each of its ids. Raises with what is missing."""
        missing: dict[str, set[str]] = {}

        def logged() -> bool:
            found = components(self.product, self.expected)
            missing.clear()
            missing.update({name: left for name in self.expected if (left := self.expected[name] - found[name])})
            return not missing

        try:
            eventually(logged)
        except AssertionError:
            raise AssertionError(f"not logged by: {missing}") from None

    def _named(self, *handled_by: str) -> str:
        name = f"followed-{uuid.uuid4().hex}"
        self.expected[name] = set(handled_by)
        return name


def components(product: Product, ids: Mapping[str, object]) -> dict[str, set[str]]:
    """The components whose log lines contain each request id, as `grep` over the log files finds them."""
    found: dict[str, set[str]] = {name: set() for name in ids}
    for file in (product.data_dir / "logs").glob("*.log*"):
        for line in file.read_text(errors="replace").splitlines():
            for name in ids:
                if f'"{name}"' in line:
                    told = json.loads(line)
                    found[name].add(told.get("component") or told["service"])
    return found


def send_one_of_each(product: Product) -> Sent:
    sent = Sent(product)
    space = sent.space
    sent.event(MODEL_EVENTS, registered(space, "churn"), GATEWAY, WRITER, ENGINE, ALERTING)
    for number in range(3):
        sent.event("/api/v1/lineage", run_event(f"job {number}", str(uuid.uuid4()), space=space), GATEWAY, WRITER)
    many = [run_event("job of many", str(uuid.uuid4()), space=space) for _ in range(1_000)]
    sent.event("/api/v1/lineage/batch", many, GATEWAY, WRITER)
    prediction = {
        "id": "p-1",
        "event_time": "2026-03-01T12:00:00Z",
        "model": {"namespace": space, "name": "churn"},
        "version": "1",
        "prediction": {"task": "binary", "class": "yes"},
    }
    sent.event("/api/v1/predictions", prediction, GATEWAY, ENGINE)
    rule = alert_rule(f"rule of {space}", space)
    made = sent.act("POST", RULE_ROUTE, rule, "alerting.access", "auth.consumer").json()
    sent.act("DELETE", f"{RULE_ROUTE}/{made['id']}", None, "alerting.access", "auth.consumer")
    user = {"username": f"user of {space}", "password": PASSWORD, "bindings": [{"role": "viewer"}]}
    subject = sent.act("POST", "/api/v1/users", user, "auth.access").json()["subject"]
    sent.act("PUT", f"/api/v1/users/{subject}/bindings", {"bindings": [{"role": "engineer"}]}, "auth.access")
    key = {"name": f"key of {space}", "permissions": ["lineage:read"]}
    sent.act("POST", "/api/v1/keys", key, "auth.access")
    return sent


@pytest.mark.embedded
def test_a_write_can_be_followed_through_the_embedded_product(product: Product) -> None:
    send_one_of_each(product).await_logged()


def test_a_write_can_be_followed_through_the_distributed_product(distributed: DistributedProduct) -> None:
    distributed.await_ready()
    sent = send_one_of_each(distributed)
    for handled_by in sent.expected.values():
        handled_by.add("nginx")
    sent.await_logged()


@pytest.mark.servers
def test_a_record_of_an_inbound_topic_can_be_followed_by_its_place(distributed: DistributedProduct) -> None:
    distributed.await_ready()
    sent = Sent(distributed)
    good = json.dumps(run_event("job", str(uuid.uuid4()), space=sent.space)).encode()
    sent.expected[_produced(distributed, good)] = {"ingest-gateway.consumer", WRITER}
    sent.expected[_produced(distributed, b"no event")] = {"ingest-gateway.consumer"}
    sent.await_logged()


def _produced(product: DistributedProduct, value: bytes) -> str:
    """The position at which the broker has stored it."""
    places: list[str] = []
    producer = confluent_kafka.Producer({"bootstrap.servers": product.stores().kafka_bootstrap})
    producer.produce(
        OPENLINEAGE_EVENTS,
        value,
        on_delivery=lambda error, kept: places.append(f"{kept.topic()}/{kept.partition()}/{kept.offset()}"),
    )
    assert producer.flush(LONG) == 0
    (place,) = places
    return place
