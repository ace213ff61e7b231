"""Operational routes of every program, without authentication."""

import platform
from collections.abc import Callable

import flask

from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.exposition import CONTENT_TYPE
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.answers import answer
from headwater.runtime.web.declare import public


def operations(
    service: str,
    version: str,
    health: Health,
    metrics: Telemetry,
    verifier: Verifier | None,
    admit_scraper: Callable[[], object] = lambda: None,
) -> flask.Blueprint:
    """The operational routes of every program: liveness, readiness, version, series.

    admit_scraper: raises Problem when the caller of the current request may not read the series.
    """
    bp = flask.Blueprint("operations", __name__)
    metrics.set(telemetry.BUILD_INFO, 1, version=version, python=platform.python_version())

    @bp.get("/livez")
    @public("only states that the process answers")
    def livez() -> flask.Response:
        """The process answers."""
        return answer({"status": "alive"})

    @bp.get("/readyz")
    @public("only lists dependencies and whether they answer")
    def readyz() -> flask.Response:
        """Ready for work, dependency by dependency; 503 when one is down."""
        ready, detail = health.ready()
        return answer(detail, 200 if ready else 503, {"Cache-Control": "no-store"})

    @bp.get("/version")
    @public("the version is not secret")
    def version_view() -> flask.Response:
        """Name and version of this program."""
        return answer({"service": service, "version": version, "python": platform.python_version()})

    @bp.get("/metrics")
    @public("metrics without names of people or data; beyond loopback closed or behind a permission")
    def metrics_view() -> flask.Response:
        """Prometheus series."""
        admit_scraper()
        if verifier is not None:
            metrics.set(telemetry.IDENTITY_FEED_AGE, min(verifier.feed_age(), 1e9))
        dependencies = health.glance()
        metrics.set(telemetry.READY, all(dependencies.values()))
        for name, up in dependencies.items():
            metrics.set(telemetry.DEPENDENCY_UP, up, dependency=name)
        return flask.Response(metrics.render(), content_type=CONTENT_TYPE)

    return bp
