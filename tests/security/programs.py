"""Every web application of the product, composed as in production around stores that are never asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import flask

from headwater.alerting.service import SERVICE as ALERTING
from headwater.api_gateway import app as api_gateway
from headwater.api_gateway.settings import Settings as GatewaySettings
from headwater.api_gateway.stream import stream_blueprint
from headwater.auth import app as auth
from headwater.auth.hashing import Hasher
from headwater.auth.settings import Settings as AuthSettings
from headwater.auth.store import open_store
from headwater.ingest_gateway import app as ingest_gateway
from headwater.ingest_gateway.settings import Settings as IngestSettings
from headwater.metrics_engine.service import SERVICE as METRICS_ENGINE
from headwater.runtime.health import Health
from headwater.runtime.identity import Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.telemetry import Telemetry
from headwater.runtime.web import create_web_app
from tests.hosting import application

PEPPER = Secret("a pepper for tests that is long enough")


def programs(verifier: Verifier, directory: Path) -> Mapping[str, flask.Flask]:
    """The applications by service; `directory` holds auth's own database."""
    common: dict[str, Any] = {"verifier": verifier}
    store = open_store(f"sqlite:///{directory / 'auth.db'}", pepper=PEPPER, hasher=Hasher(memory_kib=8))
    upstreams = {owner: MagicMock() for owner in ("auth", "metrics-engine", "alerting")}
    return {
        "auth": auth.create_app(AuthSettings(), store=store, **own("auth"), **common),
        "ingest-gateway": ingest_gateway.create_app(
            IngestSettings(), bus=MagicMock(), audit=MagicMock(), **own("ingest-gateway"), **common
        ),
        "metrics-engine": application(METRICS_ENGINE, engine=MagicMock(), **common),
        "alerting": application(ALERTING, engine=MagicMock(), **common),
        "api-gateway": api_gateway.create_app(
            GatewaySettings(),
            graph=MagicMock(),
            upstreams=upstreams,
            static_dir=None,
            audit=MagicMock(),
            **own("api-gateway"),
            **common,
        ),
        "stream": create_web_app("stream", blueprints=[_stream(verifier)], **own("stream"), **common),
    }


def own(service: str) -> dict[str, Any]:
    return {"health": Health(), "metrics": Telemetry(service)}


def _stream(verifier: Verifier) -> flask.Blueprint:
    return stream_blueprint(MagicMock(), verifier, MagicMock(), heartbeat=1.0)
