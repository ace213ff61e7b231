"""A graph for one test: a store, and the prefix of all namespaces that the test may use.

Stores that are slow to create are shared between tests, which then use different prefixes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from headwater.contracts.identity import ALL, Visible
from headwater.contracts.keys import dataset_key, job_key
from headwater.graph.port import Applied, GraphStore, SceneQuery, Source
from headwater.graph.state.facts import EntityKey, Fact, RunFact, Stamp

MINUTE = 60_000_000


class IsolatedStore(NamedTuple):
    """`prefix` keeps tests apart."""

    graph: GraphStore
    prefix: str

    def apply(self, facts: Sequence[Fact], offsets: Mapping[Source, int] | None = None) -> Applied:
        return self.graph.apply(facts, offsets or {})

    def key(self, name: str, space: str = "n") -> EntityKey:
        return (self.prefix + space, name)

    def dataset(self, name: str, space: str = "n") -> str:
        return dataset_key(*self.key(name, space)).id

    def job(self, name: str, space: str = "n") -> str:
        return job_key(*self.key(name, space)).id

    def run(
        self,
        job: str,
        run: str,
        minute: float,
        inputs: str = "",
        outputs: str = "",
        *,
        kind: str | None = "COMPLETE",
        space: str = "n",
    ) -> RunFact:
        """One event; datasets are named by words, `space:name` if they are in another namespace."""
        return RunFact(
            key=(*self.key(job, space), run),
            stamp=Stamp(int(minute * MINUTE), f"{job} {run} {minute} {kind}"),
            type=kind,
            inputs=self._words(inputs),
            outputs=self._words(outputs),
        )

    def _words(self, text: str) -> tuple[EntityKey, ...]:
        pairs = (("n:" + word).split(":")[-2:] for word in text.split())
        return tuple(self.key(name, space) for space, name in pairs)

    def export(self) -> list[bytes]:
        """The records of this store, without its prefix."""
        mark = self.prefix.encode()
        return sorted(line.replace(mark, b"") for line in self.graph.export() if mark in line)

    def names(
        self,
        focus: str,
        *,
        up: int = 0,
        down: int = 0,
        as_of: float | None = None,
        visible: Visible = ALL,
        kinds: frozenset[str] = frozenset(),
        limit: int = 500,
    ) -> set[str]:
        """Names of the nodes in a scene around a node id."""
        moment = None if as_of is None else int(as_of * MINUTE)
        scene = self.graph.scene(SceneQuery(focus, up, down, moment, kinds, limit), visible=visible)
        assert scene is not None
        return {node.name or node.label for node in scene.nodes}

    def edges(
        self,
        focus: str,
        *,
        up: int = 0,
        down: int = 0,
        visible: Visible = ALL,
        kinds: frozenset[str] = frozenset(),
        as_of: float | None = None,
    ) -> set[tuple[str, str, str]]:
        moment = None if as_of is None else int(as_of * MINUTE)
        scene = self.graph.scene(SceneQuery(focus, up, down, moment, kinds), visible=visible)
        assert scene is not None
        names = {node.id: node.name or node.id for node in scene.nodes}
        return {(names[edge.from_], edge.type, names[edge.to]) for edge in scene.edges}


MakeStore = Callable[[], IsolatedStore]
