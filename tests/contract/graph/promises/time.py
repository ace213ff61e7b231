"""What held when."""

from headwater.contracts.identity import ALL
from headwater.graph.port import SceneQuery
from headwater.graph.state.facts import (
    DatasetFact,
    Stamp,
    StaticFact,
)
from tests.contract.graph.stores import MINUTE, IsolatedStore


class Time:
    def test_a_scene_as_of_a_time_shows_what_was_valid_then(self, store: IsolatedStore) -> None:
        store.apply([store.run("j", "1", 10, "a", "x")])
        store.apply([store.run("j", f"late {n}", 20 + n, "a", "y") for n in range(3)])
        assert store.names(store.dataset("a"), down=1, as_of=9) == {"a"}
        assert store.names(store.dataset("a"), down=1, as_of=15) == {"a", "j", "x"}
        assert store.names(store.dataset("a"), down=1, as_of=21) == {"a", "j", "x", "y"}
        assert store.names(store.dataset("a"), down=1, as_of=22) == {"a", "j", "y"}
        assert store.names(store.dataset("a"), down=1) == {"a", "j", "y"}

    def test_flows_of_unfinished_and_failed_runs_are_not_confirmed(self, store: IsolatedStore) -> None:
        store.apply([store.run("j", "1", 1, "a", "x", kind="START")])
        assert self._confirmed(store) == [False, False]
        store.apply([store.run("j", "1", 2, kind="FAIL")])
        assert self._confirmed(store) == [False, False]
        store.apply([store.run("j", "2", 3, "a", "x")])
        assert self._confirmed(store) == [True, True]

    def _confirmed(self, store: IsolatedStore) -> list[bool]:
        scene = store.graph.scene(SceneQuery(store.dataset("a"), 0, 1), visible=ALL)
        assert scene is not None
        return [edge.confirmed for edge in scene.edges]

    def test_a_drop_ends_the_edges_of_the_dataset(self, store: IsolatedStore) -> None:
        store.apply([store.run("j", "1", 1, "a", "x")])
        store.apply([DatasetFact(store.key("x"), Stamp(5 * MINUTE, "drop"), dropped=True)])
        assert store.names(store.dataset("a"), down=1) == {"a"}
        assert store.names(store.dataset("a"), down=1, as_of=4) == {"a", "j", "x"}
        store.apply([store.run("j", "2", 8, "a", "x")])
        assert store.names(store.dataset("a"), down=1) == {"a", "j", "x"}
        assert store.names(store.dataset("a"), down=1, as_of=6) == {"a"}

    def test_a_declaration_holds_until_the_next(self, store: IsolatedStore) -> None:
        def declared(minute: int, output: str) -> StaticFact:
            stamp = Stamp(minute * MINUTE, f"s{minute}")
            return StaticFact(stamp=stamp, job=store.key("j"), inputs=(store.key("a"),), outputs=(store.key(output),))

        store.apply([declared(5, "y"), declared(1, "x")])
        assert store.names(store.dataset("a"), down=1) == {"a", "j", "y"}
        assert store.names(store.dataset("a"), down=1, as_of=2) == {"a", "j", "x"}
