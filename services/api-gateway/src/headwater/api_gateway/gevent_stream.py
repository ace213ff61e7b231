"""The stream program of distributed mode: `python -m headwater.api_gateway.gevent_stream`.

An open stream is a greenlet, so thousands of them fit into one thread.
"""

# ruff: noqa: E402
import signal

# Until streams are served, Ctrl-C ends the program without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import gevent.monkey

# Must precede the import of anything that opens sockets or starts threads.
gevent.monkey.patch_all()

import logging
import sys
from types import TracebackType

import gevent
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from headwater.api_gateway.patience import Patient
from headwater.api_gateway.service import STREAM
from headwater.api_gateway.settings import Settings
from headwater.runtime.hosting.host import prepare
from headwater.runtime.hosting.program import host
from headwater.runtime.logs import lines as logs
from headwater.runtime.settings import load
from headwater.runtime.stop import StopSignal
from headwater.runtime.web.serve import calm_garbage_collector

DRAIN_SECONDS = 3.0
# For probes, clients that are refused a stream, and idle connections of the proxy.
OTHER_CONNECTIONS = 256


def main() -> None:
    """Serve streams until SIGTERM; a worker that fails ends the program."""
    settings = load(Settings)
    logs.configure(STREAM.name, level=settings.log_level)
    stop = StopSignal()
    parts = prepare(STREAM, settings, stop=stop)
    app, running = host(STREAM, parts)
    patient = Patient(app, settings.stream_head_seconds)
    most = Pool(settings.stream_clients + OTHER_CONNECTIONS)
    gevent.get_hub().print_exception = _log_failure
    server = patient.server(WSGIServer)(
        (settings.host, settings.port), patient, log=None, error_log=logging.getLogger("gevent"), spawn=most
    )

    def end() -> None:
        stop.wait()
        server.stop(timeout=DRAIN_SECONDS)

    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    gevent.spawn(end)
    calm_garbage_collector()
    server.serve_forever()
    running.join(DRAIN_SECONDS)
    parts.close()
    if running.failed:
        sys.exit(1)


def _log_failure(context: object, kind: type[BaseException], error: BaseException, trace: TracebackType) -> None:
    """Log uncaught errors of greenlets; gevent itself would write them as plain text."""
    logs.get_logger("gevent").error("greenlet_failed", context=repr(context), exc_info=(kind, error, trace))


if __name__ == "__main__":
    main()
