from collections.abc import Mapping, Sequence

import pytest

from headwater.bus.errors import Fatal, Poison, Suspect, Transient, Unavailable
from headwater.bus.loop import SUSPECT_TRIES
from headwater.bus.port import Record, TopicPartition

from .loop_room import MOST, P0, P1, Room, ScriptedConsumer, Store, record


def test_it_resumes_from_the_offsets_of_the_store_and_not_of_the_bus() -> None:
    consumer = ScriptedConsumer(map(record, range(6)))
    consumer.next[P0] = 5  # the bus remembers more than the store
    room = Room(consumer, Store({P0: 2}))
    room.settle()
    assert [offset for _, offset in room.store.values] == [2, 3, 4, 5]
    assert consumer.committed == {P0: 6}


def test_records_below_the_stores_offsets_are_dropped() -> None:
    room = Room(ScriptedConsumer(map(record, range(4))), Store({P0: 3}))
    room.settle()
    assert room.store.values == [(0, 3)]


def test_each_batch_is_polled_decoded_handled_and_committed_in_this_order() -> None:
    room = Room(ScriptedConsumer([record(0), record(1, b"garbage")]))
    room.settle(2)
    assert room.steps == ["polled", "assigned", "decoded", "polled", "decoded", "buried", "handled", "committed"]


def test_while_records_dribble_they_gather_and_after_a_quiet_moment_the_first_is_handled_at_once() -> None:
    consumer = ScriptedConsumer([record(0)])
    room = Room(consumer, pace=0.02)
    room.settle(2)
    assert room.stop.seconds == [0.02]  # the first turn only asks the store where to begin
    room.now += 5_000
    consumer.log.append(record(1))
    room.settle(1)
    assert room.stop.seconds == [0.02, pytest.approx(0.015)]
    room.now += 20_001
    consumer.log.append(record(2))
    room.settle(1)
    assert len(room.stop.seconds) == 2
    assert room.store.offsets == {P0: 3}


def test_full_batches_follow_one_another_at_once() -> None:
    room = Room(ScriptedConsumer(map(record, range(3 * MOST))), pace=0.02)
    room.settle(4)
    assert room.store.offsets == {P0: 3 * MOST}
    assert room.stop.seconds == []


def test_garbage_is_buried_with_its_reason_and_the_partition_goes_on() -> None:
    room = Room(ScriptedConsumer([record(0), record(1, b"garbage"), record(2)]))
    room.settle()
    assert room.graves.letters == [(1, "not ours")]
    assert room.store.values == [(0, 0), (0, 2)]
    assert room.store.offsets == {P0: 3}


def test_a_batch_of_nothing_but_garbage_moves_the_offsets() -> None:
    room = Room(ScriptedConsumer([record(0, b"garbage"), record(1, b"garbage")]))
    room.settle()
    assert room.store.offsets == {P0: 2}
    assert room.store.calls == [0]


def test_poison_in_a_batch_is_found_by_halving_and_everything_else_is_handled_once() -> None:
    values = [b"ok"] * 37
    values[11] = values[30] = b"poison"
    room = Room(ScriptedConsumer([record(i, v) for i, v in enumerate(values)]))
    room.settle()
    assert room.graves.letters == [(11, "cannot be applied"), (30, "cannot be applied")]
    assert sorted(room.store.values) == [(0, i) for i in range(37) if i not in (11, 30)]
    assert room.store.offsets == {P0: 37}
    assert len(room.store.calls) < 30


def test_a_transient_fault_seeks_back_pauses_and_tries_again_after_the_wait() -> None:
    room = Room(ScriptedConsumer(map(record, range(3))))
    room.store.faults = [Transient("database restarts", retry_after=2.0)]
    room.settle()
    assert room.store.values == []
    assert room.consumer.paused == {P0}
    assert room.consumer.next == {P0: 0}
    room.now += 2_000_001
    room.settle()
    assert [offset for _, offset in room.store.values] == [0, 1, 2]
    assert room.consumer.paused == set()
    assert room.gauges.counts == {"handled": 3, "dead": 0, "retried": 1}


def test_pauses_grow_with_repeated_faults_up_to_their_limit() -> None:
    room = Room(ScriptedConsumer([record(0)]))
    room.store.faults = [Transient("down", retry_after=0.0) for _ in range(12)]
    waits = []
    while room.store.faults:
        calls, began = len(room.store.calls), room.now
        while len(room.store.calls) == calls:
            room.now += 50_000
            room.loop.step()
        waits.append(room.now - began)
    assert waits[2] <= waits[4] <= waits[6]
    assert max(waits) < 5_500_000


def test_a_transient_fault_between_two_halves_keeps_what_was_stored() -> None:
    room = Room(ScriptedConsumer([record(0), record(1), record(2, b"poison"), record(3)]))
    room.loop.step()
    room.store.faults = [Poison("somewhere"), *()]
    original = room.store.handle
    calls = iter([None, None, Transient("gone", retry_after=0.1)])

    def handle(items: Sequence[tuple[Record, bytes]], positions: Mapping[TopicPartition, int]) -> None:
        fault = next(calls, None)
        if fault is not None:
            raise fault
        original(items, positions)

    room.store.handle = handle  # type: ignore[method-assign]
    room.loop.step()
    assert room.store.values == [(0, 0), (0, 1)]
    assert room.consumer.next == {P0: 2}
    room.now += 1_000_000
    room.settle()
    assert room.store.values == [(0, 0), (0, 1), (0, 3)]
    assert room.graves.letters == [(2, "cannot be applied")]


def test_while_paused_records_of_a_partition_gained_meanwhile_are_put_back() -> None:
    consumer = ScriptedConsumer([record(0), record(0, source=P1), record(1, source=P1)])
    room = Room(consumer, Store({P1: 1}))
    room.loop.step()
    room.store.faults = [Transient("down", retry_after=1.0)]
    room.loop.step()
    consumer.held.add(P1)
    room.settle(3)
    assert room.store.values == []
    room.now += 2_000_000
    room.settle()
    assert sorted(room.store.values) == [(0, 0), (1, 1)]


def test_a_partition_that_was_lost_and_came_back_starts_at_the_stores_offset() -> None:
    consumer = ScriptedConsumer(map(record, range(5)))
    room = Room(consumer)
    room.settle(2)
    consumer.held.clear()
    room.settle(1)
    consumer.log += map(record, range(5, 10))
    room.store.offsets[P0] = 8  # another member went on with it
    consumer.held.add(P0)
    consumer.next[P0] = 5
    room.settle()
    assert [offset for _, offset in room.store.values][5:] == [8, 9]


def test_an_unreachable_bus_is_waited_for() -> None:
    room = Room(ScriptedConsumer([record(0)]))
    room.consumer.failures = iter([Unavailable("broker restarts"), Unavailable("broker restarts")])
    for _ in range(5):
        room.loop.step()
        room.now += 3_000_000
    assert room.store.values == [(0, 0)]


def test_dead_letters_that_cannot_be_stored_hold_the_batch_back() -> None:
    room = Room(ScriptedConsumer([record(0, b"garbage"), record(1)]))
    room.graves.faults = [Unavailable("broker restarts")]
    room.settle(3)
    assert (room.store.values, room.store.offsets) == ([], {})
    room.now += 5_000_000
    room.settle(3)
    assert (room.store.values, room.graves.letters) == ([(0, 1)], [(0, "not ours")])


def test_dead_letters_without_room_make_the_loop_wait_until_there_is_some() -> None:
    room = Room(ScriptedConsumer([record(i, b"garbage") for i in range(5)]), limit=2)
    room.settle()
    assert (room.consumer.committed, room.store.offsets, room.consumer.paused) == ({}, {}, {P0})
    room.graves.limit = 5
    room.now += 5_000_000
    room.settle()
    assert len(room.graves.letters) == 5
    assert room.store.offsets == {P0: 5}


@pytest.mark.parametrize(
    ("value", "reason"), [(b"heavy", "it took too long"), (b"bug", "OverflowError: int too large (in handle, line ")]
)
def test_a_record_that_fails_alone_again_and_again_becomes_a_dead_letter(value: bytes, reason: str) -> None:
    values = [b"ok"] * 20
    values[13] = value
    room = Room(ScriptedConsumer([record(i, v) for i, v in enumerate(values)]))
    for _ in range(4 * SUSPECT_TRIES):
        room.loop.step()
        room.now += 3_000_000
    assert [offset for offset, _ in room.graves.letters] == [13]
    assert room.graves.letters[0][1].startswith(f"given up after {SUSPECT_TRIES} tries: {reason}")
    assert sorted(room.store.values) == [(0, i) for i in range(20) if i != 13]
    assert room.store.offsets == {P0: 20}
    assert room.gauges.counts["retried"] == SUSPECT_TRIES - 1


def test_a_record_that_failed_alone_is_tried_alone_and_the_rest_of_its_batch_in_one_piece() -> None:
    room = Room(ScriptedConsumer([record(i, b"heavy" if i == 5 else b"ok") for i in range(16)]))
    room.settle(2)
    halving = len(room.store.calls)
    room.now += 3_000_000
    room.settle(1)
    assert room.store.calls[halving:] == [1, 0]  # the record, and whether the store takes an empty batch
    for _ in range(SUSPECT_TRIES):
        room.now += 3_000_000
        room.settle(1)
    assert room.store.calls[-1] == 10


def test_a_passing_fault_costs_a_record_nothing() -> None:
    room = Room(ScriptedConsumer([record(0)]))
    room.loop.step()
    room.store.faults = [Suspect("it took too long")]
    for _ in range(3):
        room.loop.step()
        room.now += 3_000_000
    assert (room.store.values, room.graves.letters) == ([(0, 0)], [])


def test_while_the_store_fails_on_an_empty_batch_too_no_record_is_to_blame() -> None:
    room = Room(ScriptedConsumer([record(0), record(1)]))
    room.loop.step()
    room.store.sick = Suspect("an error inside the store")
    for _ in range(10 * SUSPECT_TRIES):
        room.loop.step()
        room.now += 6_000_000
    assert (room.store.values, room.graves.letters) == ([], [])
    room.store.sick = None
    room.settle()
    assert room.store.values == [(0, 0), (0, 1)]


def test_a_record_whose_decoding_fails_in_a_way_nobody_foresaw_is_a_dead_letter() -> None:
    room = Room(ScriptedConsumer([record(0, b"unforeseen"), record(1)]))
    room.settle()
    [(offset, reason)] = room.graves.letters
    assert (offset, room.store.values) == (0, [(0, 1)])
    assert reason.startswith("KeyError: 'decoding' (in decode, line ")


def test_a_bug_that_an_empty_batch_meets_comes_out() -> None:
    room = Room(ScriptedConsumer([record(0)]))
    room.loop.step()
    room.store.sick = KeyError("offsets")
    with pytest.raises(KeyError):
        room.settle()


def test_a_fatal_fault_of_the_handler_comes_out_and_nothing_is_committed() -> None:
    room = Room(ScriptedConsumer([record(0)]))
    room.store.faults = [Fatal("another writer took over")]
    with pytest.raises(Fatal):
        room.loop.run()
    assert room.consumer.committed == {}


def test_the_stop_signal_lets_the_batch_finish_and_closes_the_consumer() -> None:
    room = Room(ScriptedConsumer(map(record, range(3))))
    original = room.store.handle

    def handle(items: Sequence[tuple[Record, bytes]], positions: Mapping[TopicPartition, int]) -> None:
        room.stop.set()
        original(items, positions)

    room.store.handle = handle  # type: ignore[method-assign]
    room.loop.run()
    assert room.consumer.committed == {P0: 3}
    assert room.consumer.closed


def test_a_commit_the_bus_refuses_changes_nothing() -> None:
    consumer = ScriptedConsumer([record(0)])

    def commit(positions: Mapping[TopicPartition, int]) -> None:
        raise Unavailable("rebalancing")

    consumer.commit = commit  # type: ignore[method-assign]
    room = Room(consumer)
    room.settle()
    assert room.store.values == [(0, 0)]


def test_lag_is_the_distance_from_the_store_to_the_end() -> None:
    room = Room(ScriptedConsumer(map(record, range(7))), Store({P0: 4}))
    room.loop.step()
    assert room.gauges.lags == {P0: 3}


def test_the_delay_of_a_batch_is_that_of_its_oldest_record() -> None:
    room = Room(ScriptedConsumer([record(0)._replace(timestamp=900_000), record(1)._replace(timestamp=400_000)]))
    room.settle()
    assert room.gauges.delays == [0.6]


def test_a_handler_that_cannot_move_offsets_alone_is_a_bug_and_comes_out() -> None:
    room = Room(ScriptedConsumer([record(0, b"garbage")]))
    room.store.faults = [Poison("what?"), Poison("what?")]
    with pytest.raises(Poison):
        room.settle()


def test_a_log_shorter_than_what_the_store_has_seen_stops_the_loop() -> None:
    room = Room(ScriptedConsumer(map(record, range(3))), Store({P0: 9}))
    with pytest.raises(Fatal, match="ends at 3"):
        room.loop.run()


def test_a_retry_goes_back_to_the_first_record_there_is_and_not_to_offset_zero() -> None:
    room = Room(ScriptedConsumer(map(record, range(40, 43))))
    room.loop.step()
    room.store.faults = [Transient("down", retry_after=1.0)]
    room.loop.step()
    assert room.consumer.next == {P0: 40}
