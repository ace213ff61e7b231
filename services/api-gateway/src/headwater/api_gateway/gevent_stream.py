"""The stream program of distributed mode: `python -m headwater.api_gateway.gevent_stream`.

An open stream is a greenlet, so thousands of them fit into one thread.
"""

# ruff: noqa: E402
import signal

# Until streams are served, Ctrl-C simply ends the program, without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import gevent.monkey

# Before anything that opens sockets or starts threads is imported.
gevent.monkey.patch_all()

import logging
from types import TracebackType

import gevent
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from headwater.api_gateway.patience import Patient
from headwater.api_gateway.settings import Settings
from headwater.api_gateway.stream import create_stream
from headwater.bus.kafka import KafkaBus
from headwater.runtime import logs
from headwater.runtime.health import Health
from headwater.runtime.identity import HttpIdentityFeed, Verifier
from headwater.runtime.serve import calm_garbage_collector
from headwater.runtime.settings import load
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import Telemetry

DRAIN_SECONDS = 3.0
# Probes, those who are told to poll, and connections that the proxy keeps.
OTHER_CONNECTIONS = 256


def main() -> None:
    """Serve streams until SIGTERM."""
    settings = load(Settings)
    logs.configure("stream", level=settings.log_level)
    stop, metrics = StopSignal(), Telemetry("stream")
    feed = HttpIdentityFeed(settings.auth_url, settings.service_token)
    verifier = Verifier(feed, settings.pepper, settings.service_token, metrics=metrics)
    bus = KafkaBus(settings.kafka_bootstrap, client_id="stream")
    app = create_stream(settings, bus=bus, verifier=verifier, health=Health(), metrics=metrics, stop=stop)
    patient = Patient(app, settings.stream_head_seconds)
    most = Pool(settings.stream_clients + OTHER_CONNECTIONS)
    gevent.get_hub().print_exception = _log_failure
    server = patient.server(WSGIServer)(
        (settings.host, settings.port), patient, log=None, error_log=logging.getLogger("gevent"), spawn=most
    )

    def end() -> None:
        stop.set()
        server.stop(timeout=DRAIN_SECONDS)

    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, end)
    calm_garbage_collector()
    server.serve_forever()
    bus.close()


def _log_failure(context: object, kind: type[BaseException], error: BaseException, trace: TracebackType) -> None:
    """What no greenlet caught; gevent itself would write it as plain text."""
    logs.get_logger("gevent").error("greenlet_failed", context=repr(context), exc_info=(kind, error, trace))


if __name__ == "__main__":
    main()
