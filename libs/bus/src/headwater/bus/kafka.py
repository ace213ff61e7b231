"""The bus of the distributed mode, on kafka-python.

Nothing connects before its first use, and every call has a deadline: an unreachable broker raises `Unavailable` and
never hangs the program.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headwater.bus import kafka_producer
from headwater.bus.errors import Unavailable, UnknownTopic
from headwater.bus.kafka_connection import CONNECT_MS, ENVELOPE, UNKNOWN_TOPIC, Connection, settings, translated
from headwater.bus.kafka_consumer import KafkaConsumer
from headwater.bus.kafka_library import (
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    RetriableError,
    TopicAlreadyExistsError,
)
from headwater.bus.kafka_producer import KafkaProducer, Waiting
from headwater.bus.kafka_progress import KafkaProgress, usage
from headwater.bus.port import Usage, message_limit
from headwater.bus.topics import retention_ms

TOPIC_EXISTS = TopicAlreadyExistsError.errno


class KafkaBus:
    """A cluster at `bootstrap` ("host:port,host:port"). `client_id`: shown in the brokers' logs."""

    def __init__(self, bootstrap: str, *, client_id: str) -> None:
        self._shared = shared = settings(bootstrap, client_id)
        self._client = Connection(shared, kafka_producer.connect)
        self._admin = Connection(shared, lambda options: KafkaAdminClient(**options))
        self._waiting = Waiting()
        self._known: set[str] = set()
        self._asking = threading.Lock()

    def producer(self) -> KafkaProducer:
        return KafkaProducer(self._client, self._require, self._waiting)

    def consumer(self, *, group: str | None, topics: Sequence[str]) -> KafkaConsumer:
        return KafkaConsumer(self._shared, group=group, topics=topics, require=self._require)

    def progress(self, *, group: str, topics: Sequence[str]) -> KafkaProgress:
        for topic in topics:
            self._require(topic)
        return KafkaProgress(self._ask, self._shared, group=group, topics=topics)

    def usage(self) -> Usage:
        return usage(self._ask(lambda admin: admin.describe_log_dirs(), "cannot read the disk usage of Kafka"))

    def create_topics(self, partitions: Mapping[str, int]) -> list[str]:
        """As in the port. Retention is set from the list of topics; most topics keep their records indefinitely."""
        wanted = {topic: _options(topic, count) for topic, count in partitions.items()}
        if not wanted:
            return []
        doing = "cannot create topics"
        answer = self._ask(lambda admin: admin.create_topics(wanted, raise_errors=False), doing)
        with translated(doing):
            failed = [t for t in answer["topics"] if t["error_code"] not in (0, TOPIC_EXISTS)]
            if failed:
                names = ", ".join(f"{t['name']}: {t['error_message']}" for t in failed)
                raise Unavailable(f"{doing}: {names}")
            self._admin.get().wait_for_topics(list(wanted), timeout_ms=10_000)
        self._keep_as_stated([t["name"] for t in answer["topics"] if t["error_code"] == TOPIC_EXISTS])
        return [topic["name"] for topic in answer["topics"] if topic["error_code"] == 0]

    def _keep_as_stated(self, topics: Sequence[str]) -> None:
        """Set the retention of existing topics from the list."""
        kind = ConfigResourceType.TOPIC
        stated = [ConfigResource(kind, topic, configs={"retention.ms": str(retention_ms(topic))}) for topic in topics]
        if stated:
            self._ask(lambda admin: admin.alter_configs(stated), "cannot set the retention of topics")

    def created(self) -> frozenset[str]:
        """The topics that the brokers have."""
        return frozenset(self._ask(lambda admin: admin.list_topics(), "cannot list topics"))

    def check(self) -> None:
        self._ask(lambda admin: admin.describe_cluster(), "Kafka does not answer")

    def close(self) -> None:
        """Send waiting records, for at most five seconds, and disconnect. Consumers are closed by their owners."""
        self._client.close(lambda client: client.close(timeout=2.5))
        self._admin.close(lambda client: client.close())

    def _require(self, topic: str) -> None:
        """Raise UnknownTopic: the brokers are asked once per topic, since sending would only time out."""
        if topic in self._known:
            return
        with self._asking:
            (found,) = self._ask(lambda admin: admin.describe_topics([topic]), "cannot look up the topic")
        if found["error_code"] == UNKNOWN_TOPIC:
            raise UnknownTopic(topic)
        self._known.add(topic)

    def _ask(self, question: Callable[[Any], Any], doing: str) -> Any:
        """Ask the brokers; unlike producers, the admin client does not wait for its connection."""
        admin = self._admin.get()
        deadline = time.monotonic() + CONNECT_MS / 1000
        with translated(doing):
            while True:
                try:
                    return question(admin)
                except RetriableError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)


def _options(topic: str, partitions: int) -> dict[str, Any]:
    configs = {"retention.ms": str(retention_ms(topic)), "max.message.bytes": str(message_limit(topic) + ENVELOPE)}
    return {"num_partitions": partitions, "configs": configs}
