"""Entry point of the api-gateway: `python -m headwater.api_gateway`."""

from pathlib import Path

import flask

from headwater.api_gateway.app import create_app
from headwater.api_gateway.settings import Settings
from headwater.bus.audit_log import AuditLog
from headwater.bus.kafka import KafkaBus
from headwater.graph.neo4j import Neo4jGraph
from headwater.runtime import logs
from headwater.runtime.forward import http_upstream
from headwater.runtime.health import Health
from headwater.runtime.identity import HttpIdentityFeed, Verifier
from headwater.runtime.serve import calm_garbage_collector, serve_granian
from headwater.runtime.settings import load
from headwater.runtime.telemetry import Telemetry

FREE_THREADS = 2
"""Threads that a graph which does not answer leaves to all other requests."""
GRAPH_PATIENCE = 2.0
"""Seconds: whoever asks a graph that does not answer is told within three."""


def distributed() -> flask.Flask:
    """The gateway of a distributed installation, from the environment. Each worker process calls it once."""
    settings = load(Settings)
    logs.configure("api-gateway", level=settings.log_level)
    metrics = Telemetry("api-gateway")
    feed = HttpIdentityFeed(settings.auth_url, settings.service_token)
    owners = {
        "auth": settings.auth_url,
        "metrics-engine": settings.metrics_engine_url,
        "alerting": settings.alerting_url,
    }
    graph = Neo4jGraph(
        settings.neo4j_uri,
        settings.neo4j_user,
        settings.neo4j_password.reveal(),
        readers=max(1, settings.threads - FREE_THREADS),
        patience=GRAPH_PATIENCE,
    )
    app = create_app(
        settings,
        graph=graph,
        upstreams={owner: http_upstream(url, settings.service_token) for owner, url in owners.items()},
        verifier=Verifier(feed, settings.pepper, settings.service_token, metrics=metrics),
        health=Health(),
        metrics=metrics,
        static_dir=Path(settings.static_dir) if settings.static_dir else None,
        audit=AuditLog(KafkaBus(settings.kafka_bootstrap, client_id="api-gateway").producer()).note,
    )
    calm_garbage_collector()
    return app


def main() -> None:
    """Serve until SIGTERM."""
    settings = load(Settings)
    logs.configure("api-gateway", level=settings.log_level)
    serve_granian(
        "headwater.api_gateway.__main__:distributed",
        settings.host,
        settings.port,
        threads=settings.threads,
        connection_seconds=settings.connection_seconds,
        service="api-gateway",
        log_level=settings.log_level,
    )


if __name__ == "__main__":
    main()
