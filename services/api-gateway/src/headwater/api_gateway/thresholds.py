"""The alert rules that judge a model, as lines for its charts."""

from urllib.parse import urlencode

from headwater.contracts.api.alerts import RulePage
from headwater.contracts.api.models import MetricThreshold
from headwater.contracts.problems import Problems
from headwater.runtime.identity.verifier import Principal
from headwater.runtime.web.forward import Upstream
from headwater.runtime.web.problem import Problem

PAGES = 20


def thresholds(alerting: Upstream, principal: Principal, model: str) -> tuple[list[MetricThreshold], bool]:
    """Enabled rules of one model, and whether all could be read.

    A principal who may not read alerts gets none, which counts as complete.
    """
    if not principal.may("alerts:read"):
        return [], True
    found: list[MetricThreshold] = []
    cursor: str | None = None
    for _ in range(PAGES):
        asked = {"model": model, "limit": "200"} | ({"cursor": cursor} if cursor else {})
        try:
            page = alerting.get_json(f"/api/v1/alerts/rules?{urlencode(asked)}", principal, RulePage)
        except Problem as problem:
            return found, problem.problem is Problems.FORBIDDEN
        found.extend(
            MetricThreshold(
                rule_id=rule.id,
                rule_name=rule.name,
                metric=rule.metric,
                source=rule.source,
                comparison=rule.comparison,
                threshold=rule.threshold,
                severity=rule.severity,
            )
            for rule in page.items
            if rule.model_id == model and rule.enabled
        )
        cursor = page.next_cursor
        if cursor is None:
            return found, True
    return found, False
