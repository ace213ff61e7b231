"""When waiting for a server ends: a separate short query distinguishes a slow server from a stalled one."""

import threading

import pytest

from headwater.graph.errors import GraphUnavailable
from headwater.graph.neo4j.liveness import SUSPECT_SECONDS, Liveness, Watch

PATIENCE = 2.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Answers the separate query, or takes all its time and does not."""

    def __init__(self, clock: Clock, *, answering: bool) -> None:
        self.clock, self.answering = clock, answering
        self.asked = 0
        self.let_go = 0

    def answers(self, seconds: float) -> bool:
        self.asked += 1
        if not self.answering:
            self.clock.now += seconds
        return self.answering

    def release(self) -> None:
        self.let_go += 1


def watched(*, answering: bool, most: int = 2) -> tuple[Clock, Server, Liveness, Watch]:
    clock = Clock()
    server, liveness = Server(clock, answering=answering), Liveness(most=most, patience=PATIENCE, clock=clock)
    return clock, server, liveness, Watch(liveness, answers=server.answers, let_go=server.release)


def test_nobody_is_asked_while_nobody_waits_or_answers_come_soon() -> None:
    clock, server, liveness, watch = watched(answering=False)
    clock.now = 100.0
    watch.look()
    with liveness.waiting():
        for _ in range(20):
            clock.now += SUSPECT_SECONDS / 2
            liveness.heard()
            watch.look()
    assert (server.asked, server.let_go) == (0, 0)


def test_a_slow_answer_is_waited_for_while_the_server_answers_beside() -> None:
    clock, server, liveness, watch = watched(answering=True)
    with liveness.waiting():
        for _ in range(100):
            clock.now += SUSPECT_SECONDS
            watch.look()
    assert server.asked == 100
    assert server.let_go == 0


def test_who_waits_for_a_stalled_server_is_let_go_in_time_and_nobody_joins_them() -> None:
    clock, server, liveness, watch = watched(answering=False)

    def wait() -> None:
        with liveness.waiting():
            clock.now += SUSPECT_SECONDS
            watch.look()
            raise OSError("closed under us")

    with pytest.raises(GraphUnavailable):
        wait()
    assert server.let_go == 1
    assert clock.now == pytest.approx(PATIENCE)
    with pytest.raises(GraphUnavailable), liveness.waiting():
        pytest.fail("it has stalled")


def test_a_server_that_refuses_at_once_is_given_the_whole_time_to_come_back() -> None:
    clock, server, liveness, _ = watched(answering=False)
    quick = Watch(liveness, answers=lambda _seconds: False, let_go=server.release)
    with liveness.waiting():
        clock.now += SUSPECT_SECONDS
        quick.look()
        assert server.let_go == 0
        clock.now += PATIENCE - SUSPECT_SECONDS
        quick.look()
    assert server.let_go == 1


def test_the_first_answer_ends_the_stall() -> None:
    clock, server, liveness, watch = watched(answering=False)
    with liveness.waiting():
        clock.now += PATIENCE
        watch.look()
    watch.look()
    assert liveness.stalled
    server.answering = True
    watch.look()
    with liveness.waiting():
        watch.look()
    assert server.let_go == 1


def test_more_than_may_wait_are_refused_while_the_server_is_silent() -> None:
    clock, _, liveness, _ = watched(answering=False, most=1)
    with liveness.waiting():
        clock.now += SUSPECT_SECONDS
        refused: list[Exception] = []

        def come() -> None:
            try:
                with liveness.waiting():
                    pass
            except GraphUnavailable as error:
                refused.append(error)

        visitor = threading.Thread(target=come)
        visitor.start()
        visitor.join()
        assert len(refused) == 1


def test_more_than_may_wait_take_their_turn_while_the_server_answers() -> None:
    liveness = Liveness(most=1, patience=PATIENCE)
    served: list[int] = []

    def come(number: int) -> None:
        with liveness.waiting():
            liveness.heard()
            served.append(number)

    visitors = [threading.Thread(target=come, args=(number,)) for number in range(20)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert sorted(served) == list(range(20))


def test_who_waits_may_wait_again_inside() -> None:
    liveness = Liveness(most=1, patience=PATIENCE)
    with liveness.waiting(), liveness.waiting():
        liveness.heard()
    assert liveness.silence() == 0


def test_what_goes_wrong_while_the_server_lives_is_not_its_fault() -> None:
    _, _, liveness, _ = watched(answering=True)
    with pytest.raises(ValueError, match="cursor"), liveness.waiting():
        raise ValueError("cursor")
