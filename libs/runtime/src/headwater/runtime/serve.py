"""How an application meets the network: waitress in the embedded product, granian in containers."""

import gc
import socket
import threading
from typing import TYPE_CHECKING, Any

from headwater.runtime.stop import StopSignal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Events of 16 MB come in; a little more for what surrounds them.
BODY_LIMIT = 17_000_000
GC_THRESHOLDS = (50_000, 25, 50)
DRAIN_SECONDS = 5.0


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
) -> None:
    """Serve until `stop` is set, then finish what is in flight.

    listener: an open listening socket to serve instead of binding `host` and `port`.
    """
    from waitress.server import create_server

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
        expose_tracebacks=False,
        clear_untrusted_proxy_headers=True,
        ident=None,
        asyncore_use_poll=True,
        map={},
    )
    calm_garbage_collector()
    watcher = threading.Thread(target=_close_on, args=(server, stop), name="stop", daemon=True)
    watcher.start()
    server.run()


def _close_on(server: Any, stop: StopSignal) -> None:
    """Stop taking connections, let the threads finish, end the loop."""
    stop.wait()
    server.task_dispatcher.shutdown(cancel_pending=True, timeout=DRAIN_SECONDS)
    server.trigger.pull_trigger(_end_loop)


def _end_loop() -> None:
    # waitress runs this inside its loop; SystemExit is how the loop is asked to end.
    raise SystemExit


def serve_granian(
    app_factory_path: str,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    workers: int = 1,
    threads: int = 8,
) -> None:
    """Serve `module:factory` in worker processes until a signal ends it. Each worker calls the factory once."""
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
    server.serve()
