"""Tell the story to a running Headwater: lineage through the OpenLineage client, the rest by POST."""

from collections.abc import Callable
from datetime import date
from typing import Any

import requests
from openlineage.client import OpenLineageClient
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport

from headwater.embedded.sample import model, pipeline

TIMEOUT = 10.0


class SampleError(Exception):
    """The product refused a part of the story."""


def publish(url: str, key: str, *, today: date, progress: Callable[[str], None]) -> None:
    """Send the whole story, whose last day is `today`. Sending it twice changes nothing.

    Raises SampleError when an answer is not a success, or none comes.
    """
    try:
        _publish(url, key, today, progress)
    except requests.RequestException as error:
        raise SampleError(f"{url} did not take the story: {error}") from None


def _publish(url: str, key: str, today: date, progress: Callable[[str], None]) -> None:
    posts = Posts(url, key)
    client = OpenLineageClient(
        transport=HttpTransport(HttpConfig(url=url, auth=ApiKeyTokenProvider({"apiKey": key}), timeout=TIMEOUT))
    )
    events = list(pipeline.lineage_events(today))
    for event in events:
        client.emit(event)
    progress(f"{len(events)} lineage events of four ETL processes")
    posts.all("/api/v1/models/events", list(model.model_events(today)))
    posts.rule(model.alert_rule())
    progress("one model with three versions, one alert rule")
    batches = list(model.prediction_batches(today))
    posts.all("/api/v1/predictions", batches)
    labels = list(model.label_batches(today))
    posts.all("/api/v1/labels", labels)
    progress(
        f"{sum(len(b['ids']) for b in batches)} predictions, {sum(len(b['prediction_ids']) for b in labels)} labels"
    )


class Posts:
    """Plain POSTs with an API key."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"

    def all(self, path: str, bodies: list[dict[str, Any]]) -> None:
        for body in bodies:
            answer = self._session.post(self._url + path, json=body, timeout=TIMEOUT)
            if not answer.ok:
                raise SampleError(f"{path} answered {answer.status_code}: {answer.text[:500]}")

    def rule(self, rule: dict[str, Any]) -> None:
        """Make the alert rule unless one of that name is there already."""
        path = f"{self._url}/api/v1/alerts/rules"
        answer = self._session.get(path, timeout=TIMEOUT)
        if not answer.ok:
            raise SampleError(f"{path} answered {answer.status_code}: {answer.text[:500]}")
        if all(known["name"] != rule["name"] for known in answer.json()["items"]):
            self.all("/api/v1/alerts/rules", [rule])
