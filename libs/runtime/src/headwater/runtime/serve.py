"""How an application meets the network: waitress in the embedded product, granian in containers."""

import gc
import importlib
import os
import socket
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from headwater.runtime.parent import die_with
from headwater.runtime.stop import StopSignal
from headwater.runtime.turns import Turns

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Events of 16 MB come in; a little more for what surrounds them.
BODY_LIMIT = 17_000_000
GC_THRESHOLDS = (50_000, 25, 50)
DRAIN_SECONDS = 5.0
RECEIVE_BYTES = 256 * 1024
INPUT_IN_MEMORY = 4 * 1024 * 1024


def calm_garbage_collector() -> None:
    """What start made lives on: leave it out of every later collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def serve_waitress(
    app: "WSGIApplication",
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    threads: int = 8,
    stop: StopSignal,
    listener: socket.socket | None = None,
    connections: int = 1000,
    short_routes: Sequence[str] = (),
) -> None:
    """Serve until `stop` is set, then finish what is in flight.

    listener: an open listening socket to serve instead of binding `host` and `port`.
    short_routes: small POSTs at or below these paths are answered on the calling thread, in turns; whatever they wait
    for must be waited for by `turns.result`. All else is answered by `threads`.
    """
    from waitress import wasyncore
    from waitress.server import BaseWSGIServer, create_server

    from headwater.runtime.refusing import ProblemChannel
    from headwater.runtime.short import TurnDispatcher

    channels: dict[int, Any] = {}
    where: dict[str, Any] = {"sockets": [listener]} if listener is not None else {"host": host, "port": port}
    server = create_server(
        app,
        **where,
        threads=threads,
        connection_limit=connections,
        backlog=1024,
        channel_timeout=60,
        max_request_header_size=65_536,
        max_request_body_size=BODY_LIMIT,
        # A turn of the loop costs more than what it reads: batches come in large pieces, and stay in memory.
        recv_bytes=RECEIVE_BYTES,
        inbuf_overflow=INPUT_IN_MEMORY,
        expose_tracebacks=False,
        clear_untrusted_proxy_headers=True,
        ident=None,
        asyncore_use_poll=True,
        map=channels,
    )
    servers: list[Any] = [found for found in channels.values() if isinstance(found, BaseWSGIServer)]
    trigger, pool = servers[0].trigger, server.task_dispatcher
    turns = Turns(trigger.pull_trigger, at_once=threads)
    for each in servers:
        each.channel_class = ProblemChannel
        each.task_dispatcher = TurnDispatcher(pool, turns, short_routes)
    calm_garbage_collector()
    waking = threading.Thread(target=_wake_on, args=(trigger, stop), name="stop", daemon=True)
    waking.start()
    while not stop.is_set():
        wasyncore.loop(timeout=1.0, use_poll=True, map=channels, count=1)
        turns.take()
    waking.join()  # it writes into the trigger, which is closed below
    _drain(channels, turns)
    pool.shutdown(cancel_pending=True, timeout=1)
    wasyncore.close_all(channels)


def _wake_on(trigger: Any, stop: StopSignal) -> None:
    """The loop sleeps until something happens; make something happen."""
    stop.wait()
    trigger.pull_trigger()


def _drain(channels: dict[int, Any], turns: Turns) -> None:
    """Take no more connections; go on until every request that began is answered and sent."""
    from waitress import wasyncore
    from waitress.channel import HTTPChannel
    from waitress.server import BaseWSGIServer

    for listening in [found for found in channels.values() if isinstance(found, BaseWSGIServer)]:
        listening.del_channel()
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        open_ones = [found for found in channels.values() if isinstance(found, HTTPChannel)]
        if not any(found.requests or found.total_outbufs_len for found in open_ones):
            return
        wasyncore.loop(timeout=0.05, use_poll=True, map=channels, count=1)
        turns.take()


def serve_granian(
    app_factory_path: str,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    workers: int = 1,
    threads: int = 8,
) -> None:
    """Serve `module:factory` in worker processes until a signal ends it. Each worker calls the factory once,
    and dies with this process."""
    from granian.constants import Interfaces
    from granian.server import Server

    server = Server(
        app_factory_path,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=threads,
        backpressure=threads * 4,
        respawn_failed_workers=True,
        workers_kill_timeout=int(DRAIN_SECONDS * 2),
        log_access=False,
        websockets=False,
    )
    server.serve(target_loader=partial(_load_tied, app_factory_path, os.getpid()), wrap_loader=False)


def _load_tied(app_factory_path: str, parent: int) -> Any:
    """In a worker: it would serve on when its parent is killed."""
    die_with(parent)
    module, _, factory = app_factory_path.partition(":")
    return getattr(importlib.import_module(module), factory)()
