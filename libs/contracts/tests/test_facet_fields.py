"""Facets are cached by their bytes; the cache must not hide errors of the next event."""

import json
from typing import Any

import pytest

from headwater.contracts import known_lineage
from headwater.contracts.facet_checks import OF_DATASETS, OF_JOBS
from headwater.contracts.field_checks import NAME_LIMIT
from headwater.contracts.normalise import Invalid, Normalised, normalise_lineage
from headwater.contracts.times import parse_instant

NOW = parse_instant("2026-03-01T12:00:00Z")
IN_ORDER = {"identifiers": [{"namespace": "n", "name": "second", "type": "TABLE"}]}
LONG_NAME = {"identifiers": [{"namespace": "n", "name": "x" * (NAME_LIMIT + 1), "type": "TABLE"}]}
UNKNOWN_FIELD = {"identifiers": [{"namespace": "n", "name": "second", "tpye": "TABLE"}]}


def normalised(*symlinks: dict[str, Any]) -> Normalised[Any]:
    inputs = [{"namespace": "n", "name": f"t{i}", "facets": {"symlinks": each}} for i, each in enumerate(symlinks)]
    event = {"eventTime": "2026-03-01T11:00:00Z", "run": {"runId": "r"}, "job": {"namespace": "n", "name": "j"}}
    return normalise_lineage(json.dumps(event | {"inputs": inputs}).encode(), received_at=NOW)


def test_every_facet_that_names_others_is_one_that_is_read() -> None:
    assert set(OF_JOBS) <= set(known_lineage.JOB)
    assert set(OF_DATASETS) <= set(known_lineage.DATASET)


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_long_name_in_a_facet_is_refused_each_time(time: str) -> None:
    with pytest.raises(Invalid, match=r"inputs\[1\]\.facets\.symlinks\.identifiers\[0\]\.name"):
        normalised(IN_ORDER, LONG_NAME)


@pytest.mark.parametrize("time", ["first", "second"])
def test_an_unknown_field_in_a_facet_is_named_each_time(time: str) -> None:
    assert normalised(IN_ORDER).unknown == ()
    (note,) = normalised(IN_ORDER, UNKNOWN_FIELD).unknown
    assert "did you mean `type`?" in note
