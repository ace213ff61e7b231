"""Kafka in KRaft mode: broker and controller in one process."""

import base64
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headwater.local import java, probe
from headwater.local.server import Server

_HEAP = ("-Xms256m", "-Xmx512m", "-XX:+UseG1GC")
_MESSAGE_LIMIT = 17 * 1024 * 1024
_LOGGING = """\
status=error
appender.stderr.type=Console
appender.stderr.name=stderr
appender.stderr.target=SYSTEM_ERR
appender.stderr.layout.type=PatternLayout
appender.stderr.layout.pattern=%d{ISO8601} %p %c %m%n
rootLogger.level=WARN
rootLogger.appenderRef.stderr.ref=stderr
"""
# The session time-out bounds how long a broker that was killed waits for its own ghost: 4 s instead of 12.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
message.max.bytes={message_limit}
replica.fetch.max.bytes={message_limit}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=16777216
"""


class Kafka(Server):
    """A broker without authentication on loopback; topics are created by command only."""

    name = "kafka"

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.state['port']}"

    def configure(self) -> dict[str, Any]:
        java.write_class_path("kafka", self.directory)
        port, controller_port = self.choose_port(), self.choose_port()
        settings = _PROPERTIES.format(
            port=port,
            controller_port=controller_port,
            data=self.directory / "data",
            message_limit=_MESSAGE_LIMIT,
        )
        self._properties.write_text(settings)
        self._logging.write_text(_LOGGING)
        java.run_once(
            self.directory,
            self.environment(),
            "kafka.tools.StorageTool",
            *("format", "--standalone", "--ignore-formatted", "-t", _cluster_id(), "-c", str(self._properties)),
        )
        return {"port": port, "controller_port": controller_port}

    def command(self) -> Sequence[str | Path]:
        options = (*_HEAP, f"-Dlog4j2.configurationFile={self._logging}")
        return java.command(self.directory, options, "kafka.Kafka", str(self._properties))

    def ready(self) -> bool:
        return probe.kafka(self.state["port"])

    @property
    def _properties(self) -> Path:
        return self.directory / "server.properties"

    @property
    def _logging(self) -> Path:
        return self.directory / "log4j2.properties"


def _cluster_id() -> str:
    """16 random bytes, url-safe, without padding; a leading dash would look like an option."""
    while (identity := base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")).startswith("-"):
        continue
    return identity
