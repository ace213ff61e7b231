"""Facets and cards for a principal who sees two namespaces but not the others."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contracts.api.graph import Node
from headwater.contracts.identity import ALL, Visible
from headwater.graph.answering.redaction import LARGEST, NAMES_HIDDEN, TOO_LARGE, Redaction

SEEN = Visible(prefixes=("team", "s3://team"))
KNOWN = ("team", "s3://team", "secret", "s3://vault", "postgres://hr:5432", "https://catalog.corp", "airflow")


def judge(*neighbours: str, visible: Visible = SEEN) -> Redaction:
    return Redaction(visible, lambda: KNOWN, neighbours)


def reason(value: Any, *neighbours: str, name: str = "custom") -> str | None:
    return judge(*neighbours).reasons({name: json.dumps(value).encode()}).get(name)


HIDDEN = [
    {"namespace": "secret", "name": "salaries"},
    {"namespace": "nobody-has-seen-this", "name": "x"},
    {"namespace": "teamb", "name": "x"},
    {"a": [{"b": {"c": [{"namespace": "secret", "name": "salaries"}]}}]},
    {"datasetNamespace": "secret", "table": "salaries"},
    {"job_namespace": "secret"},
    {"identifiers": [{"namespace": "secret", "name": "s", "type": "TABLE"}]},
    {"fields": {"a": {"inputFields": [{"namespace": "secret", "name": "s", "field": "pay"}]}}},
    {"uri": "s3://vault/salaries"},
    {"uri": "s3://vault"},
    {"uri": "s3://another/thing"},
    {"uri": "s3://teamb/thing"},
    {"url": "jdbc:postgresql://hr:5432/people"},
    {"text": "it was copied from s3://vault/salaries, twice."},
    {"s3://vault/salaries": 1},
    ["secret", "salaries"],
    {"source": "secret/salaries"},
    {"source": "secret:salaries"},
    {"source": "secret.salaries"},
    {"source": "airflow.pay.sheet"},
    {"link": "https://catalog.corp/salaries"},
    {"deep": json.loads("[" * 200 + '"s3://vault/x"' + "]" * 200)},
]
OPEN = [
    {},
    None,
    "s3://team/raw",
    {"namespace": "team", "name": "orders"},
    {"namespace": "team/a", "name": "orders"},
    {"uri": "s3://team/raw/orders.csv", "text": "see s3://team."},
    {"_producer": "https://github.com/OpenLineage/OpenLineage/tree/1.2.3/client", "x": [1, 2.5, True, None]},
    {"text": "a secret that nobody keeps, and team.orders"},
    {"namespaces": {"count": 3}},
    {"pair": ["team", "orders"]},
]


@pytest.mark.parametrize("value", HIDDEN, ids=str)
def test_a_facet_that_names_something_hidden_is_redacted_whatever_the_facet(value: Any) -> None:
    assert reason(value) == NAMES_HIDDEN
    assert reason({"visible": "thing", "and": [value]}) == NAMES_HIDDEN
    assert judge(visible=ALL).reasons({"custom": json.dumps(value).encode()}) == {}


@pytest.mark.parametrize("value", OPEN, ids=str)
def test_a_facet_that_names_nothing_hidden_is_served(value: Any) -> None:
    assert reason(value) is None


@pytest.mark.parametrize(
    "value",
    [
        {"query": "SELECT * FROM hr.salaries"},
        {"query": "insert into x select pay from HR.Salaries s"},
        {"upstream": "public.salaries"},
        {"upstream": "people.public.salaries"},
        {"upstream": "db/public/salaries"},
        {"note": "joined with salaries"},
    ],
    ids=str,
)
def test_a_facet_that_names_a_hidden_neighbour_without_its_namespace_is_redacted(value: Any) -> None:
    assert reason(value, "people.public.salaries") == NAMES_HIDDEN
    assert reason(value) is None


def test_a_column_may_be_called_as_a_hidden_table_is() -> None:
    columns = {"fields": [{"name": "salaries", "type": "int"}]}
    assert reason(columns, "salaries", name="schema") is None
    assert reason(columns, "salaries") == NAMES_HIDDEN
    described = {"fields": [{"name": "pay", "description": "taken from salaries of last year"}]}
    assert reason(described, "salaries", name="schema") == NAMES_HIDDEN


def test_names_with_spaces_are_found_in_prose() -> None:
    assert reason({"text": "from the Pay Sheet of May"}, "hr/pay sheet") == NAMES_HIDDEN


def test_facets_of_a_hidden_side_and_facets_called_like_a_dataset_are_redacted() -> None:
    found = judge().reasons({"in\0secret\0salaries\0stats": b"{}", "in\0team\0orders\0stats": b"{}"})
    assert found == {"in\0secret\0salaries\0stats": NAMES_HIDDEN}
    assert reason({}, name="s3://vault/salaries") == NAMES_HIDDEN


def test_what_is_too_large_or_too_tangled_to_check_is_not_served() -> None:
    assert reason("x" * LARGEST) == TOO_LARGE
    assert reason("://" * 1000) == NAMES_HIDDEN


def test_cards_lose_tags_and_summaries_that_name_something_hidden() -> None:
    node = Node(id="a", kind="DataSource", namespace="team", name="a")
    node.tags, node.summary = ["gold", "from:s3://vault/salaries"], {"job_type": "secret/salaries"}
    shown = judge().card(node)
    assert (shown.tags, shown.summary) == (["gold"], {})


JSON = st.recursive(
    st.none() | st.integers() | st.text(alphabet="ab /:.#'(", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from(HIDDEN), st.randoms(use_true_random=False))
def test_no_depth_and_no_neighbourhood_hides_a_name(value: Any, hidden: Any, dice: Any) -> None:
    places = [value]
    for place in places:
        if isinstance(place, (list, dict)):
            places += place.values() if isinstance(place, dict) else place
    inside = [place for place in places if isinstance(place, (list, dict))]
    if not inside:
        value = [value]
        inside = [value]
    place = dice.choice(inside)
    if isinstance(place, dict):
        place["added"] = hidden
    else:
        place.append(hidden)
    assert reason(value) == NAMES_HIDDEN
