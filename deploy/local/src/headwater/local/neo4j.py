"""Neo4j Community: Bolt on loopback, authentication on, nothing else open."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headwater.local import java, probe
from headwater.local.server import Server

# Nearly all that a batch makes is dead at its end: a wide young generation collected without concurrent phases takes
# a third of the CPU that G1 took, whose collections ran beside the writer on the same cores.
_HEAP = ("-Xms512m", "-Xmx512m", "-Xmn320m", "-XX:+UseParallelGC")
_OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.util.concurrent")
_OPTIONS = (
    *_HEAP,
    *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED),
    "--enable-native-access=ALL-UNNAMED",
    "-Dlog4j2.disable.jmx=true",
)
# A checkpoint a minute bounds the replay after a kill: with the default of 15 minutes it once took 66 s.
# Signs of life every five seconds while a query runs: the driver gives up a connection after two are missed,
# instead of after two minutes.
_CONFIGURATION = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.bolt.connection_keep_alive=5s
server.bolt.connection_keep_alive_streaming_scheduling_interval=5s
server.bolt.connection_keep_alive_probes=2
server.http.enabled=false
server.https.enabled=false
dbms.security.auth_enabled=true
dbms.usage_report.enabled=false
server.memory.pagecache.size=256m
db.transaction.timeout=30s
db.checkpoint.interval.time=1m
db.tx_log.preallocate=false
db.tx_log.rotation.retention_policy=64M size
"""


class Neo4j(Server):
    """One database, one user."""

    name = "neo4j"
    user = "neo4j"

    @property
    def uri(self) -> str:
        return f"bolt://127.0.0.1:{self.state['port']}"

    @property
    def password(self) -> str:
        return str(self.state["password"])

    def configure(self) -> dict[str, Any]:
        java.write_class_path("neo4j", self.directory)
        port, password = self.choose_port(), secrets.token_urlsafe(18)
        self._conf.mkdir(exist_ok=True)
        (self._conf / "neo4j.conf").write_text(_CONFIGURATION.format(port=port))
        homes = {"NEO4J_HOME": str(self.directory), "NEO4J_CONF": str(self._conf)}
        arguments = ("dbms", "set-initial-password", "--", password)
        java.run_once(self.directory, self.environment() | homes, "org.neo4j.cli.AdminTool", *arguments)
        return {"port": port, "password": password}

    def command(self) -> Sequence[str | Path]:
        homes = (f"--home-dir={self.directory}", f"--config-dir={self._conf}")
        return java.command(self.directory, _OPTIONS, "org.neo4j.server.CommunityEntryPoint", *homes, "--console-mode")

    def ready(self) -> bool:
        return probe.bolt(self.state["port"])

    @property
    def _conf(self) -> Path:
        return self.directory / "conf"
