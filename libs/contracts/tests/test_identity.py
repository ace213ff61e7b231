"""Which namespaces a prefix covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contracts.identity import ALL, Visible, covers, extent

TEXTS = st.text(alphabet="ab/:.-_", max_size=6) | st.sampled_from(["s3://a", "s3://a.b", "s3://a/b", "s3:", "s3"])


@pytest.mark.parametrize(
    ("prefix", "namespace"),
    [
        ("", "anything"),
        ("teama", "teama"),
        ("teama", "teama/orders"),
        ("teama", "teama:orders"),
        ("airflow", "airflow.team"),
        ("team-", "team-a"),
        ("team_", "team_a"),
        ("s3://bucket", "s3://bucket/raw"),
        ("s3://bucket/", "s3://bucket/raw"),
        ("postgres://db", "postgres://db:5432"),
        ("postgres://db:5432", "postgres://db:5432/shop"),
        ("postgres", "postgres://db:5432"),
        ("s3://acme-", "s3://acme-raw"),
        ("arn:aws:glue", "arn:aws:glue:eu-west-1:1"),
        ("équipe", "équipe/a"),
    ],
)
def test_a_prefix_covers_itself_and_what_lies_below_it(prefix: str, namespace: str) -> None:
    assert covers(prefix, namespace)
    assert Visible(prefixes=("other", prefix)).allows(namespace)


@pytest.mark.parametrize(
    ("prefix", "namespace"),
    [
        ("teama", "teamab"),
        ("teama", "Teama"),
        ("teama", "team"),
        ("teama", ""),
        ("teama/", "teama"),
        ("team", "team-b"),
        ("team", "team_b"),
        ("postgres://db:5432", "postgres://db:54321"),
        ("postgres://db", "postgres://db2:5432"),
        ("postgres://db", "postgres://db.elsewhere.com:5432"),
        ("s3://acme", "s3://acme-private"),
        ("s3://acme", "s3://acme.private"),
        ("abfss://data", "abfss://data@another.dfs.core.windows.net"),
        ("équipe", "équipes"),
    ],
)
def test_a_prefix_ends_at_a_boundary(prefix: str, namespace: str) -> None:
    assert not covers(prefix, namespace)
    assert not Visible(prefixes=(prefix,)).allows(namespace)


def test_no_prefix_covers_nothing_and_everything_needs_none() -> None:
    assert not Visible().allows("")
    assert not Visible().allows("a")
    assert ALL.allows("a")


@given(TEXTS, TEXTS, TEXTS)
def test_prefixes_are_nested_or_apart(one: str, other: str, namespace: str) -> None:
    if covers(one, other) and covers(other, namespace):
        assert covers(one, namespace)
    if covers(one, namespace) and covers(other, namespace):
        assert covers(one, other) or covers(other, one)


@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_stores_compare_the_same_rule_as_two_lists(prefixes: list[str], namespace: str) -> None:
    exact, beginnings = extent(tuple(prefixes))
    found = namespace in exact or any(namespace[: len(b)] == b for b in beginnings)
    assert found == any(covers(prefix, namespace) for prefix in prefixes)
