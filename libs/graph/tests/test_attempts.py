import itertools

import pytest

from headwater.graph.state.attempts import SAME_END, attempts, success

SECOND = 1_000_000


def states(*events: tuple[float, str | None]) -> list[str]:
    """States of the attempts, whatever the order of the events."""
    moments = [(int(at * SECOND), kind) for at, kind in events]
    found = {tuple(a.state for a in attempts(order)) for order in itertools.permutations(moments)}
    assert len(found) == 1
    return list(found.pop())


def test_a_run_without_events_is_new() -> None:
    assert [a.state for a in attempts([])] == ["NEW"]


def test_an_event_that_is_neither_start_nor_end_leaves_a_run_new() -> None:
    assert states((1, "OTHER"), (2, None)) == ["NEW"]


def test_a_terminal_without_start_is_a_run() -> None:
    assert states((1, "COMPLETE")) == ["COMPLETE"]


def test_a_late_start_never_reopens_a_run() -> None:
    assert states((5, "COMPLETE"), (1, "START")) == ["COMPLETE"]
    assert states((5, "COMPLETE"), (5, "START")) == ["COMPLETE"]


def test_many_starts_are_one_attempt() -> None:
    assert states((1, "START"), (2, "START"), (3, "RUNNING"), (4, "COMPLETE")) == ["COMPLETE"]


def test_a_spark_write_that_fails_and_then_completes_has_failed() -> None:
    assert states((1, "START"), (2, "FAIL"), (2.03, "COMPLETE")) == ["FAIL"]
    assert states((2, "COMPLETE"), (4, "FAIL")) == ["FAIL"]


def test_an_airflow_rerun_that_completes_has_completed() -> None:
    assert states((1, "START"), (2, "FAIL"), (60, "START"), (70, "COMPLETE")) == ["FAIL", "COMPLETE"]


def test_a_dag_run_that_completes_after_its_retry_has_completed() -> None:
    assert states((1, "START"), (2, "FAIL"), (15, "COMPLETE")) == ["FAIL", "COMPLETE"]


def test_two_failures_close_together_are_one_failure_without_conflict() -> None:
    found = attempts([(0, "START"), (SECOND, "FAIL"), (2 * SECOND, "FAIL")])
    assert [(a.state, a.conflict) for a in found] == [("FAIL", False)]


def test_contradicting_terminals_are_a_conflict() -> None:
    assert attempts([(0, "FAIL"), (SAME_END, "COMPLETE")])[0].conflict
    assert not any(a.conflict for a in attempts([(0, "FAIL"), (SAME_END + 1, "COMPLETE")]))


def test_an_attempt_ends_at_the_time_of_its_deciding_event() -> None:
    found = attempts([(1, "START"), (5, "COMPLETE"), (9, "ABORT"), (7, "FAIL")])
    assert (found[0].state, found[0].started_at, found[0].ended_at) == ("FAIL", 1, 7)


@pytest.mark.parametrize(("streaming", "at"), [(True, 1), (False, None)])
def test_a_streaming_run_succeeds_by_running(streaming: bool, at: int | None) -> None:
    assert success(attempts([(1, "START"), (2, "RUNNING")]), streaming=streaming) == at
