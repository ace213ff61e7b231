"""Checks of a rule against known models and metrics: a rule on anything else would never be judged, and is refused."""

import difflib
from collections.abc import Iterable

import sqlalchemy as sa

from headwater.alerting.pages import seen
from headwater.alerting.rules import Rule
from headwater.alerting.tables import models, series
from headwater.contracts.identity import Visible
from headwater.contracts.keys import model_key
from headwater.evaluation import metrics

NEAR = 5
MOST_MODELS = 5_000
CATALOGUE = tuple(metric.name for metric in metrics())
Fault = tuple[str, str]
"""Field and message."""


def faults(connection: sa.Connection, rule: Rule, *, visible: Visible) -> list[Fault]:
    """The unknown model or metric of a rule. The messages name only models that the principal may see."""
    model_id = model_key(rule.model.namespace, rule.model.name).id
    if connection.execute(sa.select(models.c.id).where(models.c.id == model_id)).first() is None:
        return [_unknown_model(connection, rule, visible), *_unknown_metric(rule, ())]
    reported = sa.select(series.c.metric).where(series.c.model_id == model_id, series.c.source == "reported")
    return _unknown_metric(rule, connection.execute(reported.distinct().order_by(series.c.metric)).scalars().all())


def _unknown_model(connection: sa.Connection, rule: Rule, visible: Visible) -> Fault:
    wanted = sa.select(models.c.namespace, models.c.name).where(seen(models.c.namespace, visible)).limit(MOST_MODELS)
    known = {f"{name} in {namespace}": name for namespace, name in connection.execute(wanted)}
    by_name = difflib.get_close_matches(rule.model.name, set(known.values()), n=NEAR)
    near = [text for name in by_name for text in sorted(known) if known[text] == name][:NEAR]
    return "model_name", (
        f"no model {rule.model.name!r} has sent an event in {rule.model.namespace!r}: send its first event, "
        f"and create the rule some seconds later{_listed('; near names', near)}"
    )


def _unknown_metric(rule: Rule, reported: Iterable[str]) -> list[Fault]:
    """`reported`: the metrics that were reported for the model."""
    if rule.source == "reported":
        if rule.metric in set(reported):
            return []
        message = f"no value of {rule.metric!r} was reported for this model: send one to /api/v1/metrics first"
        computed = "; it is computed too: set source to computed" if rule.metric in CATALOGUE else ""
        return [("metric", message + _listed("; reported are", _near(rule.metric, reported)) + computed)]
    if rule.metric in CATALOGUE:
        return []
    message = f"{rule.metric!r} is not a metric that is computed{_listed(': use', _near(rule.metric, CATALOGUE))}"
    other = "; it was reported for this model: set source to reported" if rule.metric in set(reported) else ""
    return [("metric", message + other)]


def _near(name: str, names: Iterable[str]) -> list[str]:
    """Similar names; all, where none is similar and they are few."""
    known = list(names)
    return difflib.get_close_matches(name, known, n=NEAR) or (known if len(known) <= 4 * NEAR else known[:NEAR])


def _listed(lead: str, names: list[str]) -> str:
    return f"{lead} {', '.join(names)}" if names else ""
