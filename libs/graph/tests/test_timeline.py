"""The short computation (a tail over checkpoints) and the long one (all runs) must agree."""

from copy import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.graph.state.states import Fold, JobState, Summary
from headwater.graph.state.timeline import (
    LONGEST_TAIL,
    TAIL,
    fold_all,
    intervals,
    lives,
    place,
    shorten,
    static_intervals,
    united,
)

CLAIMS = ("f", "g", "h")


def summary(run: int, start: int, length: int, done: bool, claims: frozenset[str]) -> Summary:
    end = start + length
    return Summary(f"run {run:03d}", start, end, end if done else None, tuple(sorted(claims)), done)


_run = st.tuples(st.integers(0, 40), st.integers(0, 9), st.booleans(), st.frozensets(st.sampled_from(CLAIMS)))
_runs = st.lists(_run, max_size=100)


@settings(deadline=None)
@given(_runs)
def test_runs_in_order_folded_one_by_one_give_what_all_runs_give(
    drawn: list[tuple[int, int, bool, frozenset[str]]],
) -> None:
    runs = sorted((summary(i, *run) for i, run in enumerate(drawn)), key=lambda s: (s.position, s.run))
    job, ended = JobState(), dict[str, Fold]()
    for run in runs:
        for claim in run.claims:
            job.claims.setdefault(claim, ended.pop(claim, Fold()))
        assert place(job, run, known=False)
        shorten(job)
        live = {claim for each in job.tail for claim in each.claims}
        for claim in [c for c, fold in job.claims.items() if fold.since is None and c not in live]:
            ended[claim] = job.claims.pop(claim)
    _, folds, tail = fold_all(runs, {})
    assert lives(job) | ended == folds
    assert job.tail == tail


def test_a_run_behind_the_horizon_is_refused() -> None:
    job = JobState()
    for number in range(TAIL + 2):
        job.claims.setdefault("f", Fold())
        assert place(job, summary(number, number * 10, 1, True, frozenset("f")), known=False)
        shorten(job)
    assert not place(job, summary(99, 0, 1, True, frozenset("f")), known=False)
    assert not place(job, summary(0, 500, 1, True, frozenset("f")), known=True)


def test_a_run_under_way_keeps_its_place_while_others_pass() -> None:
    job = JobState()
    for number in range(LONGEST_TAIL):
        job.claims.setdefault("f", Fold())
        assert place(job, summary(number, number * 10, 1, number != 0, frozenset("f")), known=False)
        shorten(job)
    assert place(job, summary(0, 0, 9_999, True, frozenset("f")), known=True)
    shorten(job)
    assert len(job.tail) == TAIL


def test_the_third_consecutive_miss_ends_a_claim_and_a_later_run_reopens_it() -> None:
    def runs(*claims: str) -> list[Summary]:
        return [summary(i, 10 * i, 1, True, frozenset([c] if c else [])) for i, c in enumerate(claims)]

    assert intervals(fold_all(runs("f", "", ""), {})[1]["f"]) == ((0, None),)
    assert intervals(fold_all(runs("f", "", "", ""), {})[1]["f"]) == ((0, 31),)
    assert intervals(fold_all(runs("f", "", "", "f", "", ""), {})[1]["f"]) == ((0, None),)
    assert intervals(fold_all(runs("f", "", "", "", "f"), {})[1]["f"]) == ((0, 31), (40, None))


def test_failed_runs_end_nothing_and_confirm_nothing() -> None:
    runs = [summary(0, 0, 1, False, frozenset("f")), *(summary(i, 10 * i, 1, False, frozenset()) for i in range(1, 9))]
    fold = fold_all(runs, {})[1]["f"]
    assert (intervals(fold), fold.confirmed, fold.confirmations) == (((0, None),), None, 0)


def test_a_cut_ends_a_claim_and_the_next_run_begins_it_anew() -> None:
    runs = [summary(0, 0, 1, True, frozenset("f")), summary(1, 20, 1, True, frozenset("f"))]
    assert intervals(fold_all(runs, {"f": [10]})[1]["f"]) == ((0, 10), (20, None))
    assert intervals(fold_all(runs, {"f": [30]})[1]["f"]) == ((0, 30),)


def test_folding_leaves_its_input_as_it_was() -> None:
    runs = [summary(0, 0, 1, True, frozenset("f"))]
    before = [copy(run) for run in runs]
    fold_all(runs, {})
    assert runs == before


def test_intervals_that_touch_are_joined() -> None:
    assert united([(5, 7), (0, 3), (3, 4), (6, None)]) == ((0, 4), (5, None))
    assert united([(0, None), (4, 9)]) == ((0, None),)


def test_a_declaration_holds_until_the_next_that_lacks_it() -> None:
    declared = [(5, "b", frozenset({"g"})), (1, "a", frozenset({"f"})), (9, "c", frozenset({"f", "g"}))]
    assert static_intervals(declared) == {"f": ((1, 5), (9, None)), "g": ((5, None),)}
