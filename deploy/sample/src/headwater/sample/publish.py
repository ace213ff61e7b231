"""Send the story to a running Headwater: lineage through the OpenLineage client, the rest by POST."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from typing import Any

import requests
from openlineage.client import OpenLineageClient
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport

from headwater.sample import model, pipeline

TIMEOUT = 10.0
MODEL_SECONDS = 60.0
"""How long the first event of the model may take to arrive in alerting."""
RETRY_SECONDS = 0.25


class SampleError(Exception):
    """The product refused a part of the story."""


def publish(url: str, key: str, *, today: date, progress: Callable[[str], None]) -> None:
    """Send the whole story, whose last day is `today`. Sending it twice changes nothing.

    Raises SampleError when an answer is not a success, or none comes.
    """
    try:
        _publish(url, key, today, progress)
    except requests.RequestException as error:
        raise SampleError(f"{url} did not accept the sample data: {error}") from None


def _publish(url: str, key: str, today: date, progress: Callable[[str], None]) -> None:
    client = OpenLineageClient(
        transport=HttpTransport(HttpConfig(url=url, auth=ApiKeyTokenProvider({"apiKey": key}), timeout=TIMEOUT))
    )
    with closing(client), requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"
        _send(client, Posts(url, session), today, progress)


def _send(client: OpenLineageClient, posts: "Posts", today: date, progress: Callable[[str], None]) -> None:
    events = list(pipeline.lineage_events(today))
    for event in events:
        client.emit(event)
    progress(f"{len(events)} lineage events of four ETL processes")
    posts.all("/api/v1/models/events", list(model.model_events(today)))
    progress("one model with three versions")
    batches = list(model.prediction_batches(today))
    posts.all("/api/v1/predictions", batches)
    labels = list(model.label_batches(today))
    posts.all("/api/v1/labels", labels)
    progress(
        f"{sum(len(b['ids']) for b in batches)} predictions, {sum(len(b['prediction_ids']) for b in labels)} labels"
    )
    posts.rule(model.alert_rule())
    progress("one alert rule")


class Posts:
    """Plain POSTs."""

    def __init__(self, url: str, session: requests.Session) -> None:
        self._url, self._session = url, session

    def all(self, path: str, bodies: list[dict[str, Any]]) -> None:
        for body in bodies:
            answer = self._session.post(self._url + path, json=body, timeout=TIMEOUT)
            if not answer.ok:
                raise SampleError(f"{path} answered {answer.status_code}: {answer.text[:500]}")

    def rule(self, rule: dict[str, Any]) -> None:
        """Create the alert rule unless one of that name exists. Alerting accepts it once it has the model."""
        path = f"{self._url}/api/v1/alerts/rules"
        answer = self._session.get(path, timeout=TIMEOUT)
        if not answer.ok:
            raise SampleError(f"{path} answered {answer.status_code}: {answer.text[:500]}")
        if all(known["name"] != rule["name"] for known in answer.json()["items"]):
            deadline = time.monotonic() + MODEL_SECONDS
            while not self._add(path, rule, last=time.monotonic() > deadline):
                time.sleep(RETRY_SECONDS)

    def _add(self, path: str, rule: dict[str, Any], *, last: bool) -> bool:
        """Whether the rule was accepted. Raises SampleError when it refuses for another reason, or at the last try."""
        answer = self._session.post(path, json=rule, timeout=TIMEOUT)
        unknown = answer.status_code == 422 and any(e["field"] == "model_name" for e in answer.json()["errors"])
        if not answer.ok and (last or not unknown):
            raise SampleError(f"{path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.ok
