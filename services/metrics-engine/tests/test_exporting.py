"""The export of metrics."""

import json
from typing import Any

import sqlalchemy as sa

from headwater.metrics_engine.exporting import export


def test_the_latest_values_are_exported_alike_whatever_the_number_of_revisions(
    engine: sa.Engine, feed: Any, say: Any
) -> None:
    events = [say.registered(), say.prediction("p1"), say.label("p1"), say.prediction("p2", "no"), say.label("p2")]
    feed.take(*events)
    at_once = list(export(engine))
    feed.take(say.label("p2", "no", at=1))
    assert list(export(engine)) != at_once
    feed.take(say.label("p2", at=2))
    assert list(export(engine)) == at_once == sorted(at_once)
    observed = {line["metric"]: line for line in map(json.loads, at_once)}
    assert (observed["accuracy"]["value"], observed["accuracy"]["n"], observed["accuracy"]["labelled"]) == (0.5, 2, 2)
    assert (observed["accuracy"]["model"], observed["accuracy"]["slice"]) == (say.model(), None)
    assert "revision" not in observed["accuracy"]
