"""Serves an application: uvicorn, with threads for blocking work."""

import asyncio
import contextlib
import dataclasses
import gc
import os
import resource
import socket
import threading
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING

from headwater.runtime.stop import StopSignal
from headwater.runtime.web.lanes import Lane
from headwater.runtime.web.limits import ConnectionLimits, Connections

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from headwater.runtime.web.asgi import Mount
    from headwater.runtime.web.direct_routes import DirectRoutes

# The writer keeps some fifty objects for each event in caches of bounded size, none of them in a cycle. They are
# searched for garbage once, while the processor's cache holds them: 7 us an event; at (50_000, 25, 50) it was 10 to 18.
GC_THRESHOLDS = (10_000, 1_000, 50)
DRAIN_SECONDS = 4
BACKLOG = 1024
# File descriptors that a program needs beside its connections.
OTHER_FILES = 256
PROBES = frozenset({"/livez", "/readyz", "/metrics"})
PROBE_THREADS = 2


def calm_garbage_collector() -> None:
    """Exclude objects created at start from garbage collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def is_probe(method: str, path: str) -> bool:
    """Whether it is a probe: probes never queue behind other requests."""
    return path in PROBES and method == "GET"


def serve(
    app: "WSGIApplication",
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    threads: int = 8,
    stop: StopSignal,
    listener: socket.socket | None = None,
    limits: ConnectionLimits | None = None,
    mounts: "Sequence[Mount]" = (),
    direct: "DirectRoutes | None" = None,
    may_block: bool = False,
) -> None:
    """Serve until `stop` is set, then finish requests in progress.

    listener: an open listening socket to serve instead of binding `host` and `port`.
    mounts: requests with lanes of their own; probes always have one, all others share `threads`.
    direct: routes that are answered without Flask. may_block: never on the event loop, because they might block it.
    """
    import uvloop

    from headwater.runtime.web.asgi import Application, Mount

    limits = limits or ConnectionLimits()
    probes, rest = Lane("probe", PROBE_THREADS), Lane("api", threads)
    mounts = (Mount(is_probe, probes), *mounts)
    lanes = {rest, *(mount.lane for mount in mounts)}
    application = Application(app, lane=rest, mounts=mounts, direct=direct, may_block=may_block)
    for lane in lanes:
        lane.start()
    calm_garbage_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, _listening(listener, host, port) as sock:
        runner.run(_serve(application, sock, stop, _affordable(limits)))
    for lane in lanes:
        lane.close()


@contextlib.contextmanager
def _listening(listener: socket.socket | None, host: str, port: int) -> Iterator[socket.socket]:
    """A duplicate socket for the server, which closes it: the given one stays open for a later server."""
    if listener is not None:
        with socket.socket(fileno=os.dup(listener.fileno())) as shared:
            yield shared
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=BACKLOG) as made:
        yield made


def _affordable(limits: ConnectionLimits) -> ConnectionLimits:
    """The connections that the limit of open files allows, after raising that limit."""

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return dataclasses.replace(limits, connections=max(1, min(limits.connections, soft - OTHER_FILES)))


async def _serve(application: object, sock: socket.socket, stop: StopSignal, limits: ConnectionLimits) -> None:
    import uvicorn

    from headwater.runtime.web.connection import LimitedConnection

    registry = Connections(limits, asyncio.get_running_loop().time)

    class Connection(LimitedConnection):
        connections = registry

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            stop.set()  # it ends streams, and the server waits for them
            self.should_exit = True

    server = Server(
        uvicorn.Config(
            application,  # type: ignore[arg-type]
            http=Connection,
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=int(limits.idle_seconds) + 1,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )

    def await_stop() -> None:
        stop.wait()
        server.should_exit = True

    threading.Thread(target=await_stop, name="stop", daemon=True).start()
    sweeping = asyncio.create_task(_sweep(registry))
    await server.serve(sockets=[sock])
    sweeping.cancel()


async def _sweep(registry: Connections) -> None:
    limits = registry.limits
    pause = min(1.0, limits.head_seconds / 4, limits.body_seconds / 4, limits.idle_seconds / 4)
    while True:
        await asyncio.sleep(pause)
        registry.sweep()
