"""What held when."""

from headwater.contracts.identity import ALL
from headwater.graph.facts import (
    DatasetFact,
    Stamp,
    StaticFact,
)
from headwater.graph.port import SceneQuery
from tests.contract.graph.rooms import MINUTE, Room


class Time:
    def test_a_scene_as_of_a_moment_holds_what_held_then(self, room: Room) -> None:
        room.apply([room.run("j", "1", 10, "a", "x")])
        room.apply([room.run("j", f"late {n}", 20 + n, "a", "y") for n in range(3)])
        assert room.names(room.dataset("a"), down=1, as_of=9) == {"a"}
        assert room.names(room.dataset("a"), down=1, as_of=15) == {"a", "j", "x"}
        assert room.names(room.dataset("a"), down=1, as_of=21) == {"a", "j", "x", "y"}
        assert room.names(room.dataset("a"), down=1, as_of=22) == {"a", "j", "y"}
        assert room.names(room.dataset("a"), down=1) == {"a", "j", "y"}

    def test_flows_of_unfinished_and_failed_runs_are_not_confirmed(self, room: Room) -> None:
        room.apply([room.run("j", "1", 1, "a", "x", kind="START")])
        assert self._confirmed(room) == [False, False]
        room.apply([room.run("j", "1", 2, kind="FAIL")])
        assert self._confirmed(room) == [False, False]
        room.apply([room.run("j", "2", 3, "a", "x")])
        assert self._confirmed(room) == [True, True]

    def _confirmed(self, room: Room) -> list[bool]:
        scene = room.graph.scene(SceneQuery(room.dataset("a"), 0, 1), visible=ALL)
        assert scene is not None
        return [edge.confirmed for edge in scene.edges]

    def test_a_drop_ends_what_the_dataset_took_part_in(self, room: Room) -> None:
        room.apply([room.run("j", "1", 1, "a", "x")])
        room.apply([DatasetFact(room.key("x"), Stamp(5 * MINUTE, "drop"), dropped=True)])
        assert room.names(room.dataset("a"), down=1) == {"a"}
        assert room.names(room.dataset("a"), down=1, as_of=4) == {"a", "j", "x"}
        room.apply([room.run("j", "2", 8, "a", "x")])
        assert room.names(room.dataset("a"), down=1) == {"a", "j", "x"}
        assert room.names(room.dataset("a"), down=1, as_of=6) == {"a"}

    def test_a_declaration_holds_until_the_next(self, room: Room) -> None:
        def declared(minute: int, output: str) -> StaticFact:
            stamp = Stamp(minute * MINUTE, f"s{minute}")
            return StaticFact(stamp=stamp, job=room.key("j"), inputs=(room.key("a"),), outputs=(room.key(output),))

        room.apply([declared(5, "y"), declared(1, "x")])
        assert room.names(room.dataset("a"), down=1) == {"a", "j", "y"}
        assert room.names(room.dataset("a"), down=1, as_of=2) == {"a", "j", "x"}
