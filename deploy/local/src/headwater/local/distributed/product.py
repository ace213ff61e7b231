"""The whole product: start in the order of data flow, watch, stop in reverse."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from headwater.local.addresses import Addresses
from headwater.local.distributed import proxy
from headwater.local.distributed.account import active_keys, create_key
from headwater.local.distributed.caller import Caller, read_caller
from headwater.local.distributed.layout import Layout, write_private
from headwater.local.distributed.programs import (
    JOINED,
    PROGRAMS,
    choose_ports,
    inbound_principals,
    own_settings,
    url,
)
from headwater.local.distributed.running import Program
from headwater.local.distributed.watching import Watched
from headwater.local.errors import StartError
from headwater.local.monitoring.programs import find, monitoring
from headwater.local.ports import free_port
from headwater.local.processes import fork, run
from headwater.local.servers import Servers
from headwater.runtime.logs.files import rotate

READY_SECONDS = 600
"""A start that hangs is given up; one that ends is detected at once, so a long limit suits busy machines."""
ROTATE_SECONDS = 5.0
PRODUCER_PERMISSIONS = ("ingest:write",)
_DASHBOARD = Path(__file__).resolve().parents[6] / "frontend" / "dist"
_HEADWATER = (sys.executable, "-m", "headwater.cli")


class Product:
    """One distributed installation in one directory.

    keep: False kills the servers at the end, nobody will read their data again.
    Use inside an ExitStack: whatever was started when something fails is stopped in reverse.
    """

    def __init__(self, layout: Layout, origin_port: int, *, keep: bool, say: Callable[[str], None]) -> None:
        self.layout = layout
        self.origin = url(origin_port)
        self.first_start = False
        self.programs: list[Program] = []
        self._watched: list[Watched] = []
        self._origin_port = origin_port
        self._environment: dict[str, str] = {}
        self._keep = keep
        self._sample: subprocess.Popen[bytes] | None = None
        self._say = say
        self._rotate_at = 0.0

    def start(self, stack: ExitStack) -> None:
        """Everything, ready. Raises LocalError; nothing is started when a setting of the caller is wrong."""
        caller = read_caller(os.environ, self._say)
        nginx = proxy.find_nginx()
        self.layout.end_leftovers()
        self.first_start = self.layout.prepare()
        servers = Servers(self.layout.servers)
        servers.temporary = not self._keep
        stack.callback(servers.stop)
        self._say("starting Kafka, Neo4j and PostgreSQL")
        addresses = servers.start()
        ports = choose_ports(free_port)
        own = own_settings(addresses, ports, self.layout, dashboard=_DASHBOARD, origin=self.origin, given=caller.given)
        self._environment = caller.command_environment(own)
        self._migrate()
        self._give_key(self.layout.producer_key, "producer", PRODUCER_PERMISSIONS)
        own |= inbound_principals(self.layout.producer_key.read_text().strip(), caller.given)
        for name in caller.outranked(own.keys() - JOINED | {"HEADWATER_PORT"}):
            self._say(f"{name} is not used: this program sets it itself")
        self._say(f"starting {', '.join(PROGRAMS)}")
        limit = time.monotonic() + READY_SECONDS
        for name in PROGRAMS:
            self._launch(stack, self._service(name, ports[name], caller, own))
        for program in self.programs:
            program.wait_ready(limit)
        self._launch(stack, self._nginx(nginx, ports))
        self.programs[-1].wait_ready(limit)
        for program in self._monitoring(ports):
            self._launch(stack, program)
            program.wait_ready(limit)
        self._watched = [Watched(thing, self._say) for thing in (*servers, *self.programs)]
        stack.callback(self.layout.running.unlink, missing_ok=True)
        self._record(addresses)

    def watch_once(self) -> None:
        """Restart dead processes. Raises StartError when a program or a server keeps dying."""
        now = time.monotonic()
        if now >= self._rotate_at:
            self._rotate_at = now + ROTATE_SECONDS
            rotate([*self.layout.logs.glob("*.log"), *self.layout.servers.glob("*/server.log")])
        started = [watched for watched in self._watched if watched.turn(now)]
        if started:
            self._record(None)
        if self._sample is not None and self._sample.poll() is not None:
            if self._sample.returncode:
                self._say(f"the sample story could not be sent; see {self._sample_log}")
            self._sample = None

    def tell_sample(self, stack: ExitStack) -> None:
        """The sample story, in the background."""
        permissions = ("alerts:read", "alerts:write", *PRODUCER_PERMISSIONS)
        self._give_key(self.layout.sample_key, "sample story", permissions)
        arguments = ("sample", "add", "--once", "--data-dir", str(self.layout.root))
        log = stack.enter_context(self._sample_log.open("ab"))
        command = [*_HEADWATER, *arguments]
        self._sample = fork(command, stdout=log, stderr=subprocess.STDOUT)
        stack.callback(self._sample.wait)
        stack.callback(self._sample.kill)

    @property
    def _sample_log(self) -> Path:
        return self.layout.logs / "sample.log"

    def _give_key(self, file: Path, name: str, permissions: Sequence[str]) -> None:
        if file.exists():
            return
        lost = [] if self.first_start else active_keys(self._environment, name)
        write_private(file, create_key(self._environment, name, permissions))
        for key in lost:
            self._say(f"{file} was missing: it holds a new key now; the lost one works until DELETE /api/v1/keys/{key}")

    def _migrate(self) -> None:
        self._say("creating tables, topics and indexes")
        done = run([*_HEADWATER, "migrate"], environment=self._environment, seconds=READY_SECONDS)
        if done.returncode:
            raise StartError(f"headwater migrate failed\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    def _service(self, name: str, port: int, caller: Caller, own: dict[str, str]) -> Program:
        argv = [*_HEADWATER, "serve", name, "--port", str(port)]
        variables = caller.environment(name, {**own, "HEADWATER_PORT": str(port)})
        return Program(name, argv, variables, self.layout.logs / f"{name}.log", f"{url(port)}/readyz")

    def _nginx(self, program: Path, ports: dict[str, int]) -> Program:
        main = proxy.render(
            self.layout.nginx,
            listen=f"127.0.0.1:{self._origin_port}",
            ports=ports,
            access_log=self.layout.logs / "access.log",
        )
        proxy.check(program, main)
        argv = proxy.command(program, main)
        return Program("nginx", argv, {"PATH": os.defpath}, self.layout.logs / "nginx.log", f"{self.origin}/livez")

    def _monitoring(self, ports: dict[str, int]) -> list[Program]:
        """Prometheus and Alertmanager, where they are installed: the product does its work without them."""
        installed = find()
        if installed is None:
            self._say("no alerts about the product itself: prometheus and prometheus-alertmanager are not installed")
            return []
        targets = {name: f"127.0.0.1:{ports[name]}" for name in PROGRAMS}
        return monitoring(installed, self.layout.monitoring, targets, port=free_port, logs=self.layout.logs)

    def _launch(self, stack: ExitStack, program: Program) -> None:
        program.launch()
        stack.callback(program.stop)
        self.programs.append(program)

    def _record(self, addresses: Addresses | None) -> None:
        """`running.json`: for finding a process or a store."""
        known = json.loads(self.layout.running.read_text()) if self.layout.running.exists() else {}
        known |= {"url": self.origin, "pid": os.getpid()}
        known["processes"] = {p.name: {**asdict(p.identity), "ready": p.ready_url} for p in self.programs if p.identity}
        if addresses is not None:
            known["servers"] = asdict(addresses)
        write_private(self.layout.running, json.dumps(known, indent=2))
