"""Several names of one dataset: symlinks and renames, whenever the link arrives.

Datasets connected by links form one permanent group; the group is shown under its canonical name. When that
changes, every job, dataset and model version that claims something about a member is derived again.
"""

from headwater.graph.deriving.batch import Batch, NodeEntry, dataset_id
from headwater.graph.deriving.derive import canonical
from headwater.graph.state.facts import EntityKey
from headwater.graph.state.states import DatasetState


def remember_links(batch: Batch, key: EntityKey, other: EntityKey, time: int) -> None:
    """`key` has the other name `other`."""
    if key == other:
        return
    entry, target = batch.dataset(key), batch.dataset(other)
    target.seen(time)
    state, named = entry.state, target.state
    assert isinstance(state, DatasetState)
    assert isinstance(named, DatasetState)
    if other not in state.links:
        state.links |= {other}
        named.named_by |= {key}
        entry.dirty = target.dirty = True
        batch.relinked.add(key)


def merge_names(batch: Batch) -> None:
    """Recompute the groups that got a new link, and mark for derivation what refers to moved or dropped members."""
    moved: set[str] = set()
    done: set[EntityKey] = set()
    for key in sorted(batch.relinked):
        if key not in done:
            members = _members(batch, key)
            done |= members.keys()
            moved |= _settle(members)
    moved |= {_shown_id(batch, e) for e in batch.datasets.values() if e.redo and _dropped(e)}
    if moved:
        for owner in batch.by_id(sorted(batch.storage.owners_of(sorted(moved)))):
            owner.redo = owner.dirty = True


def _dropped(entry: NodeEntry) -> bool:
    return isinstance(entry.state, DatasetState) and bool(entry.state.drops)


def _shown_id(batch: Batch, entry: NodeEntry) -> str:
    assert isinstance(entry.state, DatasetState)
    return dataset_id(entry.state.canonical) if entry.state.canonical else entry.id


def _members(batch: Batch, start: EntityKey) -> dict[EntityKey, NodeEntry]:
    found: dict[EntityKey, NodeEntry] = {}
    frontier = {start}
    while frontier:
        batch.prefetch_datasets(sorted(frontier))
        found.update((key, batch.dataset(key)) for key in frontier)
        near: set[EntityKey] = set()
        for key in frontier:
            state = found[key].state
            assert isinstance(state, DatasetState)
            near |= state.links | state.named_by
        frontier = near - found.keys()
    return found


def _settle(members: dict[EntityKey, NodeEntry]) -> set[str]:
    """Give every member its canonical name; the ids under which claims about the moved ones are stored."""
    states: dict[EntityKey, DatasetState] = {}
    for key, entry in members.items():
        assert isinstance(entry.state, DatasetState)
        states[key] = entry.state
    chosen = canonical((key, bool(state.named_by)) for key, state in states.items())
    moved: set[str] = set()
    if any(state.drops for state in states.values()):
        moved.add(members[chosen].id)
    for key, state in states.items():
        target = None if key == chosen else chosen
        aliases = tuple(sorted(states.keys() - {key})) if target is None else ()
        output = state.served if target is not None else any(s.served for s in states.values())
        if state.canonical != target:
            moved.add(dataset_id(state.canonical) if state.canonical else members[key].id)
        if (state.canonical, state.aliases, state.output) != (target, aliases, output):
            state.canonical, state.aliases, state.output = target, aliases, output
            members[key].dirty = members[key].renamed = True
    return moved
