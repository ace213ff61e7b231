"""The list of topics."""

import re

import pytest

from headwater.contracts import topics
from headwater.contracts.topics import INBOUND, TOPICS, partitions, topic

CONSTANTS = {v for k, v in vars(topics).items() if k.isupper() and isinstance(v, str)}


def test_every_topic_has_a_constant_and_every_constant_a_topic() -> None:
    assert {t.name for t in TOPICS} == CONSTANTS


def test_the_inbound_topics_are_those_that_producers_may_write() -> None:
    assert {t.name for t in TOPICS if t.scope == "inbound"} == set(INBOUND)


@pytest.mark.parametrize("name", [t.name for t in TOPICS])
def test_a_topic_states_its_purpose_and_accepts_an_event_of_sixteen_megabytes(name: str) -> None:
    about = topic(name)
    assert re.fullmatch(r"[a-z]+\.[a-z]+", about.name)
    assert about.dead_letter == f"{name}.dead"
    assert all((about.purpose, about.key, about.producers, about.consumers))
    assert about.message_limit == 17 * 1024 * 1024


def test_embedded_topics_have_one_partition_and_no_inbound_ones() -> None:
    embedded = partitions(embedded=True)
    assert set(embedded.values()) == {1}
    assert not set(INBOUND) & set(embedded)


def test_lineage_predictions_and_inbound_topics_have_twelve_partitions_the_rest_three_dead_letters_one() -> None:
    distributed = partitions(embedded=False)
    twelve = {name for name, count in distributed.items() if count == 12}
    assert twelve == {*INBOUND, topics.LINEAGE_EVENTS, topics.PREDICTION_EVENTS}
    assert {count for name, count in distributed.items() if name.endswith(".dead")} == {1}
    assert distributed[topics.METRIC_RESULTS] == 3


def test_every_dead_letter_topic_is_created_with_its_source() -> None:
    for embedded in (True, False):
        created = partitions(embedded=embedded)
        assert {f"{n}.dead" for n in created if not n.endswith(".dead")} == {n for n in created if n.endswith(".dead")}
