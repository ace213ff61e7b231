from collections.abc import Mapping, Sequence

import pytest

from headwater.bus.errors import Fatal, Poison, Suspect, Transient, Unavailable
from headwater.bus.loop import SUSPECT_TRIES
from headwater.bus.port import Record, TopicPartition

from .loop_bench import MOST, P0, P1, LoopBench, ScriptedConsumer, Store, record


def test_it_resumes_from_the_offsets_of_the_store_and_not_of_the_bus() -> None:
    consumer = ScriptedConsumer(map(record, range(6)))
    consumer.next[P0] = 5  # the bus has committed more than the store
    bench = LoopBench(consumer, Store({P0: 2}))
    bench.settle()
    assert [offset for _, offset in bench.store.values] == [2, 3, 4, 5]
    assert consumer.committed == {P0: 6}


def test_records_below_the_stores_offsets_are_dropped() -> None:
    bench = LoopBench(ScriptedConsumer(map(record, range(4))), Store({P0: 3}))
    bench.settle()
    assert bench.store.values == [(0, 3)]


def test_each_batch_is_polled_decoded_handled_and_committed_in_this_order() -> None:
    bench = LoopBench(ScriptedConsumer([record(0), record(1, b"garbage")]))
    bench.settle(2)
    assert bench.steps == [
        "polled",
        "assigned",
        "decoded",
        "polled",
        "decoded",
        "dead-lettered",
        "handled",
        "committed",
    ]


def test_while_records_dribble_they_gather_and_after_a_quiet_moment_the_first_is_handled_at_once() -> None:
    consumer = ScriptedConsumer([record(0)])
    bench = LoopBench(consumer, pace=0.02)
    bench.settle(2)
    assert bench.stop.seconds == [0.02]  # the first iteration only reads the start offsets from the store
    bench.now += 5_000
    consumer.log.append(record(1))
    bench.settle(1)
    assert bench.stop.seconds == [0.02, pytest.approx(0.015)]
    bench.now += 20_001
    consumer.log.append(record(2))
    bench.settle(1)
    assert len(bench.stop.seconds) == 2
    assert bench.store.offsets == {P0: 3}


def test_full_batches_follow_one_another_at_once() -> None:
    bench = LoopBench(ScriptedConsumer(map(record, range(3 * MOST))), pace=0.02)
    bench.settle(4)
    assert bench.store.offsets == {P0: 3 * MOST}
    assert bench.stop.seconds == []


def test_garbage_is_dead_lettered_with_its_reason_and_the_partition_goes_on() -> None:
    bench = LoopBench(ScriptedConsumer([record(0), record(1, b"garbage"), record(2)]))
    bench.settle()
    assert bench.dead_letters.entries == [(1, "not ours")]
    assert bench.store.values == [(0, 0), (0, 2)]
    assert bench.store.offsets == {P0: 3}


def test_a_batch_of_nothing_but_garbage_moves_the_offsets() -> None:
    bench = LoopBench(ScriptedConsumer([record(0, b"garbage"), record(1, b"garbage")]))
    bench.settle()
    assert bench.store.offsets == {P0: 2}
    assert bench.store.calls == [0]


def test_poison_in_a_batch_is_found_by_halving_and_everything_else_is_handled_once() -> None:
    values = [b"ok"] * 37
    values[11] = values[30] = b"poison"
    bench = LoopBench(ScriptedConsumer([record(i, v) for i, v in enumerate(values)]))
    bench.settle()
    assert bench.dead_letters.entries == [(11, "cannot be applied"), (30, "cannot be applied")]
    assert sorted(bench.store.values) == [(0, i) for i in range(37) if i not in (11, 30)]
    assert bench.store.offsets == {P0: 37}
    assert len(bench.store.calls) < 30


def test_a_transient_fault_seeks_back_pauses_and_tries_again_after_the_wait() -> None:
    bench = LoopBench(ScriptedConsumer(map(record, range(3))))
    bench.store.faults = [Transient("database restarts", retry_after=2.0)]
    bench.settle()
    assert bench.store.values == []
    assert bench.consumer.paused == {P0}
    assert bench.consumer.next == {P0: 0}
    bench.now += 2_000_001
    bench.settle()
    assert [offset for _, offset in bench.store.values] == [0, 1, 2]
    assert bench.consumer.paused == set()
    assert bench.gauges.counts == {"handled": 3, "dead": 0, "retried": 1}


def test_pauses_grow_with_repeated_faults_up_to_their_limit() -> None:
    bench = LoopBench(ScriptedConsumer([record(0)]))
    bench.store.faults = [Transient("down", retry_after=0.0) for _ in range(12)]
    waits = []
    while bench.store.faults:
        calls, began = len(bench.store.calls), bench.now
        while len(bench.store.calls) == calls:
            bench.now += 50_000
            bench.loop.step()
        waits.append(bench.now - began)
    assert waits[2] <= waits[4] <= waits[6]
    assert max(waits) < 5_500_000


def test_a_transient_fault_between_two_halves_keeps_what_was_stored() -> None:
    bench = LoopBench(ScriptedConsumer([record(0), record(1), record(2, b"poison"), record(3)]))
    bench.loop.step()
    bench.store.faults = [Poison("somewhere"), *()]
    original = bench.store.handle
    calls = iter([None, None, Transient("gone", retry_after=0.1)])

    def handle(items: Sequence[tuple[Record, bytes]], positions: Mapping[TopicPartition, int]) -> None:
        fault = next(calls, None)
        if fault is not None:
            raise fault
        original(items, positions)

    bench.store.handle = handle  # type: ignore[method-assign]
    bench.loop.step()
    assert bench.store.values == [(0, 0), (0, 1)]
    assert bench.consumer.next == {P0: 2}
    bench.now += 1_000_000
    bench.settle()
    assert bench.store.values == [(0, 0), (0, 1), (0, 3)]
    assert bench.dead_letters.entries == [(2, "cannot be applied")]


def test_while_paused_records_of_a_partition_gained_meanwhile_are_put_back() -> None:
    consumer = ScriptedConsumer([record(0), record(0, source=P1), record(1, source=P1)])
    bench = LoopBench(consumer, Store({P1: 1}))
    bench.loop.step()
    bench.store.faults = [Transient("down", retry_after=1.0)]
    bench.loop.step()
    consumer.held.add(P1)
    bench.settle(3)
    assert bench.store.values == []
    bench.now += 2_000_000
    bench.settle()
    assert sorted(bench.store.values) == [(0, 0), (1, 1)]


def test_a_partition_that_was_lost_and_came_back_starts_at_the_stores_offset() -> None:
    consumer = ScriptedConsumer(map(record, range(5)))
    bench = LoopBench(consumer)
    bench.settle(2)
    consumer.held.clear()
    bench.settle(1)
    consumer.log += map(record, range(5, 10))
    bench.store.offsets[P0] = 8  # another member continued with it
    consumer.held.add(P0)
    consumer.next[P0] = 5
    bench.settle()
    assert [offset for _, offset in bench.store.values][5:] == [8, 9]


def test_an_unreachable_bus_is_waited_for() -> None:
    bench = LoopBench(ScriptedConsumer([record(0)]))
    bench.consumer.failures = iter([Unavailable("broker restarts"), Unavailable("broker restarts")])
    for _ in range(5):
        bench.loop.step()
        bench.now += 3_000_000
    assert bench.store.values == [(0, 0)]


def test_dead_letters_that_cannot_be_stored_hold_the_batch_back() -> None:
    bench = LoopBench(ScriptedConsumer([record(0, b"garbage"), record(1)]))
    bench.dead_letters.faults = [Unavailable("broker restarts")]
    bench.settle(3)
    assert (bench.store.values, bench.store.offsets) == ([], {})
    bench.now += 5_000_000
    bench.settle(3)
    assert (bench.store.values, bench.dead_letters.entries) == ([(0, 1)], [(0, "not ours")])


def test_dead_letters_without_room_make_the_loop_wait_until_there_is_some() -> None:
    bench = LoopBench(ScriptedConsumer([record(i, b"garbage") for i in range(5)]), limit=2)
    bench.settle()
    assert (bench.consumer.committed, bench.store.offsets, bench.consumer.paused) == ({P0: 0}, {}, {P0})
    bench.dead_letters.limit = 5
    bench.now += 5_000_000
    bench.settle()
    assert len(bench.dead_letters.entries) == 5
    assert bench.store.offsets == {P0: 5}


@pytest.mark.parametrize(
    ("value", "reason"), [(b"heavy", "it took too long"), (b"bug", "OverflowError: int too large (in handle, line ")]
)
def test_a_record_that_fails_alone_again_and_again_becomes_a_dead_letter(value: bytes, reason: str) -> None:
    values = [b"ok"] * 20
    values[13] = value
    bench = LoopBench(ScriptedConsumer([record(i, v) for i, v in enumerate(values)]))
    for _ in range(4 * SUSPECT_TRIES):
        bench.loop.step()
        bench.now += 3_000_000
    assert [offset for offset, _ in bench.dead_letters.entries] == [13]
    assert bench.dead_letters.entries[0][1].startswith(f"given up after {SUSPECT_TRIES} tries: {reason}")
    assert sorted(bench.store.values) == [(0, i) for i in range(20) if i != 13]
    assert bench.store.offsets == {P0: 20}
    assert bench.gauges.counts["retried"] == SUSPECT_TRIES - 1


def test_a_record_that_failed_alone_is_tried_alone_and_the_rest_of_its_batch_in_one_piece() -> None:
    bench = LoopBench(ScriptedConsumer([record(i, b"heavy" if i == 5 else b"ok") for i in range(16)]))
    bench.settle(2)
    halving = len(bench.store.calls)
    bench.now += 3_000_000
    bench.settle(1)
    assert bench.store.calls[halving:] == [1, 0]  # the record, and whether the store accepts an empty batch
    for _ in range(SUSPECT_TRIES):
        bench.now += 3_000_000
        bench.settle(1)
    assert bench.store.calls[-1] == 10


def test_a_passing_fault_costs_a_record_nothing() -> None:
    bench = LoopBench(ScriptedConsumer([record(0)]))
    bench.loop.step()
    bench.store.faults = [Suspect("it took too long")]
    for _ in range(3):
        bench.loop.step()
        bench.now += 3_000_000
    assert (bench.store.values, bench.dead_letters.entries) == ([(0, 0)], [])


def test_while_the_store_fails_on_an_empty_batch_too_no_record_is_to_blame() -> None:
    bench = LoopBench(ScriptedConsumer([record(0), record(1)]))
    bench.loop.step()
    bench.store.sick = Suspect("an error inside the store")
    for _ in range(10 * SUSPECT_TRIES):
        bench.loop.step()
        bench.now += 6_000_000
    assert (bench.store.values, bench.dead_letters.entries) == ([], [])
    bench.store.sick = None
    bench.settle()
    assert bench.store.values == [(0, 0), (0, 1)]


def test_a_record_whose_decoding_fails_in_a_way_nobody_foresaw_is_a_dead_letter() -> None:
    bench = LoopBench(ScriptedConsumer([record(0, b"unforeseen"), record(1)]))
    bench.settle()
    [(offset, reason)] = bench.dead_letters.entries
    assert (offset, bench.store.values) == (0, [(0, 1)])
    assert reason.startswith("KeyError: 'decoding' (in decode, line ")


def test_a_bug_that_an_empty_batch_meets_comes_out() -> None:
    bench = LoopBench(ScriptedConsumer([record(0)]))
    bench.loop.step()
    bench.store.sick = KeyError("offsets")
    with pytest.raises(KeyError):
        bench.settle()


def test_a_fatal_fault_of_the_handler_comes_out_and_nothing_is_committed() -> None:
    bench = LoopBench(ScriptedConsumer([record(0)]))
    bench.store.faults = [Fatal("another writer took over")]
    with pytest.raises(Fatal):
        bench.loop.run()
    assert bench.consumer.committed == {P0: 0}


def test_the_stop_signal_lets_the_batch_finish_and_closes_the_consumer() -> None:
    bench = LoopBench(ScriptedConsumer(map(record, range(3))))
    original = bench.store.handle

    def handle(items: Sequence[tuple[Record, bytes]], positions: Mapping[TopicPartition, int]) -> None:
        bench.stop.set()
        original(items, positions)

    bench.store.handle = handle  # type: ignore[method-assign]
    bench.loop.run()
    assert bench.consumer.committed == {P0: 3}
    assert bench.consumer.closed


def test_a_commit_the_bus_refuses_changes_nothing() -> None:
    consumer = ScriptedConsumer([record(0)])

    def commit(positions: Mapping[TopicPartition, int]) -> None:
        raise Unavailable("rebalancing")

    consumer.commit = commit  # type: ignore[method-assign]
    bench = LoopBench(consumer)
    bench.settle()
    assert bench.store.values == [(0, 0)]


def test_what_the_bus_remembers_follows_the_store_from_the_assignment_on() -> None:
    consumer = ScriptedConsumer(map(record, range(7)))
    consumer.committed[P0] = 5  # of a store that is gone
    bench = LoopBench(consumer, Store({P0: 2}))
    bench.loop.step()
    assert consumer.committed == {P0: 2}


def test_the_delay_of_a_batch_is_that_of_its_oldest_record() -> None:
    bench = LoopBench(ScriptedConsumer([record(0)._replace(timestamp=900_000), record(1)._replace(timestamp=400_000)]))
    bench.settle()
    assert bench.gauges.delays == [0.6]


def test_a_handler_that_cannot_move_offsets_alone_is_a_bug_and_comes_out() -> None:
    bench = LoopBench(ScriptedConsumer([record(0, b"garbage")]))
    bench.store.faults = [Poison("what?"), Poison("what?")]
    with pytest.raises(Poison):
        bench.settle()


def test_a_log_shorter_than_what_the_store_has_seen_stops_the_loop() -> None:
    bench = LoopBench(ScriptedConsumer(map(record, range(3))), Store({P0: 9}))
    with pytest.raises(Fatal, match="ends at 3"):
        bench.loop.run()


def test_a_retry_goes_back_to_the_first_record_there_is_and_not_to_offset_zero() -> None:
    bench = LoopBench(ScriptedConsumer(map(record, range(40, 43))))
    bench.loop.step()
    bench.store.faults = [Transient("down", retry_after=1.0)]
    bench.loop.step()
    assert bench.consumer.next == {P0: 40}


def test_each_record_is_told_to_the_log_once_although_its_batch_is_repeated() -> None:
    values = [b"ok", b"garbage", b"poison", b"ok"]
    bench = LoopBench(ScriptedConsumer([record(i, value) for i, value in enumerate(values)]))
    bench.store.faults = [Transient("database restarts", retry_after=1.0)]
    bench.settle(2)
    assert (bench.log.applied_offsets, bench.log.dead) == ([], [])  # not before the store's offsets are past them
    bench.now += 2_000_000
    bench.settle()
    assert bench.log.applied_offsets == [0, 3]
    assert bench.log.dead == [(1, "not ours"), (2, "cannot be applied")]
