"""An alert in the shape of Alertmanager's webhook, version 4."""

from typing import Any

from headwater.alerting.rules import alert_id
from headwater.contracts.alerts import AlertEvent
from headwater.contracts.keys import model_key
from headwater.contracts.times import format_instant

NO_END = "0001-01-01T00:00:00Z"


def payload(event: AlertEvent, external_url: str = "") -> dict[str, Any]:
    """One alert as Alertmanager posts it (webhook version 4): receivers for that format work unchanged."""
    status = "resolved" if event.state == "resolved" else "firing"
    labels = {
        "alertname": event.rule_name,
        "severity": event.severity,
        "model_namespace": event.model.namespace,
        "model": event.model.name,
        "version": event.version,
        "metric": event.metric,
        "source": event.source,
    }
    found = "undefined" if event.value is None else f"{event.value:.6g}"
    window = f"{format_instant(event.window.start)} to {format_instant(event.window.end)}"
    metric = event.metric if event.source == "computed" else f"{event.metric} ({event.source})"
    annotations = {
        "summary": f"{metric} of {event.model.name} {event.version} is {found}",
        "description": f"Threshold: {event.comparison} {event.threshold:.6g}. Window: {window}, {event.rows} rows.",
    }
    model = model_key(event.model.namespace, event.model.name).id
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": format_instant(event.at),
        "endsAt": format_instant(event.at) if status == "resolved" else NO_END,
        "generatorURL": f"{external_url.rstrip('/')}/models/{model}" if external_url else "",
        "fingerprint": alert_id(event.rule_id, event.version)[:16],
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{rule_id="{event.rule_id}", version="{event.version}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "headwater",
        "groupLabels": {"alertname": event.rule_name},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": external_url,
        "alerts": [alert],
    }
