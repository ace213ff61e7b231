"""The versions in a batch, and those whose profiles it changes."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from headwater.metrics_engine import store
from headwater.metrics_engine.profile import ModelObservation, Profile, profile_of
from headwater.metrics_engine.store import Version


class Registry(NamedTuple):
    """All versions of the models in the batch; `stale`: those whose windows must be recomputed from their rows."""

    versions: dict[int, Version]
    stale: frozenset[int]

    @property
    def ids(self) -> dict[tuple[int, str], int]:
        return {(version.model, version.version): version.id for version in self.versions.values()}

    def profiles(self, *, fresh_only: bool = False) -> dict[int, Profile]:
        return {
            i: version.profile
            for i, version in self.versions.items()
            if version.profile is not None and not (fresh_only and i in self.stale)
        }


def register(
    connection: sa.Connection,
    models: Iterable[int],
    *,
    mentioned: Iterable[tuple[int, str]],
    observed: Iterable[tuple[int, ModelObservation]],
    window_seconds: int,
) -> Registry:
    """Store model events, add new versions, and derive every profile that may have changed."""
    models, observed = list(models), list(observed)
    store.add_model_events(connection, observed)
    before = {(version.model, version.version): version for version in store.versions(connection, models)}
    wanted = before.keys() | set(mentioned) | {(model, item.event.version) for model, item in observed}
    doubtful = {model for model, _ in observed} | {model for model, _ in wanted - before.keys()}
    doubtful |= {
        v.model for v in before.values() if v.profile is not None and v.profile.window_seconds != window_seconds
    }
    if not doubtful:
        return Registry({version.id: version for version in before.values()}, frozenset())
    profiles = _profiles(connection, doubtful, wanted, window_seconds)
    changed = [
        (*key, p) for key, p in sorted(profiles.items(), key=_by_key) if key not in before or before[key].profile != p
    ]
    store.put_versions(connection, changed)
    stale = frozenset(before[model, version].id for model, version, _ in changed if (model, version) in before)
    return Registry({version.id: version for version in store.versions(connection, models)}, stale)


def _profiles(
    connection: sa.Connection, models: Iterable[int], wanted: Iterable[tuple[int, str]], window_seconds: int
) -> Mapping[tuple[int, str], Profile | None]:
    events = store.model_events(connection, models)
    return {
        (model, version): profile_of(version, events[model], window_seconds=window_seconds)
        for model, version in wanted
        if model in events
    }


def _by_key(item: tuple[tuple[int, str], Profile | None]) -> tuple[int, str]:
    return item[0]
