"""Identities and message keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contracts import keys
from headwater.contracts.lineage import decode_event
from headwater.contracts.message_keys import lineage_key, lineage_namespace, own_key, own_namespace
from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import LabelEvent, ModelRef, PredictionBatch

names = st.text(min_size=1).filter(lambda name: "\0" not in name)


def test_an_id_is_stable_for_ever() -> None:
    assert keys.dataset_key("postgres://db:5432", "shop.orders").id == "pep7b5tmkcju7zwg4eefckvxie"


@given(st.lists(names, min_size=2, max_size=3), st.lists(names, min_size=2, max_size=3))
def test_different_parts_never_compose_to_the_same_text(first: list[str], second: list[str]) -> None:
    for separator in "#@":
        assert (keys.compose(separator, *first) == keys.compose(separator, *second)) == (first == second)


@given(names, names, names, names)
def test_different_names_have_different_ids(namespace: str, name: str, other_namespace: str, other: str) -> None:
    same = (namespace, name) == (other_namespace, other)
    assert (keys.job_key(namespace, name).id == keys.job_key(other_namespace, other).id) == same
    assert keys.job_key(namespace, name).id != keys.dataset_key(namespace, name).id


def test_one_run_id_in_two_jobs_is_two_runs() -> None:
    assert keys.run_key("n", "a", "r") != keys.run_key("n", "b", "r")


def event(run: str = "", subject: str = '"job": {"namespace": "n", "name": "own"}') -> bytes:
    return f'{{"eventTime": "2026-03-01T00:00:00Z", {run} {subject}}}'.encode()


PARENT = '"run": {"runId": "p"}, "job": {"namespace": "n", "name": "parent"}'
ROOT = '"root": {"run": {"runId": "r"}, "job": {"namespace": "n", "name": "root"}}'


@pytest.mark.parametrize(
    ("parent", "name"),
    [
        (None, "own"),
        ("{" + PARENT + "}", "parent"),
        ("{" + PARENT + ", " + ROOT + "}", "root"),
        ("5", "own"),
        ("null", "own"),
        ('{"run": {}}', "own"),
        ('{"run": {"runId": "p"}, "job": {"namespace": "n", "name": "' + "x" * 9000 + '"}}', "own"),
    ],
)
def test_a_run_is_keyed_by_its_root_else_its_parent_else_its_own_job(parent: str | None, name: str) -> None:
    facets = "" if parent is None else f', "facets": {{"parent": {parent}}}'
    assert lineage_key(decode_event(event(f'"run": {{"runId": "x"{facets}}},'))) == f"n\0{name}".encode()


def test_a_dataset_event_is_keyed_by_its_dataset_and_needs_its_namespace() -> None:
    told = decode_event(event(subject='"dataset": {"namespace": "s3://b", "name": "d"}'))
    assert (lineage_key(told), lineage_namespace(told)) == (b"s3://b\0d", "s3://b")


def test_a_batch_and_a_label_share_the_shard_of_the_prediction() -> None:
    model = ModelRef("n", "m")
    batch = PredictionBatch(model=model, version="1", task="binary", ids=["p-1", "p-2"], event_time=1)
    label = LabelEvent(model=model, prediction_id="p-1", event_time=1, label=None)
    assert own_key(batch) == own_key(label) == keys.prediction_message_key("n", "m", "p-1")
    assert own_namespace(batch) == "n"


def test_a_model_event_is_keyed_by_its_model() -> None:
    told = ModelEvent(namespace="n", name="m", version="1", action="trained", event_time=1)
    assert (own_key(told), own_namespace(told)) == (b"n\0m", "n")
