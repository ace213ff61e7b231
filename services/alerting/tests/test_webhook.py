"""The webhook without a receiver; deliveries are tested in tests/contract/channels."""

from typing import Any

import pytest

from headwater.alerting.channels.webhook.delivery import Webhook
from headwater.alerting.channels.webhook.payload import payload
from headwater.alerting.rules import Change, event
from headwater.contracts.alerts import AlertState
from headwater.contracts.metrics import Window

from .results import DAY, MODEL_ID, low_accuracy


def body(state: AlertState, value: float | None = 0.25, external_url: str = "") -> dict[str, Any]:
    return payload(event(low_accuracy(), "3", Change(state, Window(0, DAY), 1, value, 90), emitted_at=1), external_url)


def test_a_firing_alert_has_the_shape_of_alertmanagers_messages() -> None:
    message = body("firing", external_url="https://hw.example/")
    found = {name: message[name] for name in ("version", "status", "receiver", "truncatedAlerts")}
    assert found == {"version": "4", "status": "firing", "receiver": "headwater", "truncatedAlerts": 0}
    assert set(message) == {
        "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels",
        "commonLabels", "commonAnnotations", "externalURL", "alerts",
    }  # fmt: skip
    (alert,) = message["alerts"]
    assert set(alert) == {"status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}
    assert alert["labels"]["alertname"] == "accuracy too low"
    assert alert["labels"]["severity"] == "critical"
    assert alert["startsAt"] == "1970-01-02T00:00:00.000000Z"
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert alert["generatorURL"] == f"https://hw.example/models/{MODEL_ID}"
    assert alert["annotations"]["summary"] == "accuracy of churn 3 is 0.25"


def test_firing_and_resolved_share_a_fingerprint() -> None:
    alerts = [body(state, None)["alerts"][0] for state in ("firing", "resolved")]
    assert len({alert["fingerprint"] for alert in alerts}) == 1
    assert "undefined" in alerts[0]["annotations"]["summary"]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "nonsense"])
def test_only_http_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="webhook_url"):
        Webhook(url, timeout=1)
