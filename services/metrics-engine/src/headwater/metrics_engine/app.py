"""The metrics engine, composed."""

import flask
import sqlalchemy as sa

from headwater.metrics_engine import database
from headwater.metrics_engine.settings import Settings
from headwater.metrics_engine.views import metrics_blueprint
from headwater.runtime.health import Health
from headwater.runtime.identity import Verifier
from headwater.runtime.metrics import Metrics
from headwater.runtime.web import create_web_app


def open_store(settings: Settings) -> sa.Engine:
    """The tables, brought to the newest version. Raises Transient when the database is away."""
    engine = database.connect(database.url_of(settings.database_url.reveal(), settings.data_dir))
    database.migrate(engine)
    return engine


def create_app(
    settings: Settings, *, store: sa.Engine, verifier: Verifier, health: Health, metrics: Metrics
) -> flask.Flask:
    """Wire the questions about predictions and metrics."""
    health.add("database", lambda: database.check(store))
    blueprint = metrics_blueprint(store, kept_days=settings.kept_days, metrics=metrics)
    return create_web_app("metrics-engine", blueprints=[blueprint], health=health, metrics=metrics, verifier=verifier)
