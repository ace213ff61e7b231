"""Recomputes from its rows a window whose state cannot be read, as long as all of them are kept."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from headwater.evaluation import UnreadableState
from headwater.evaluation.states import AnyState
from headwater.metrics_engine import store
from headwater.metrics_engine.join import WindowKey, contributions, place
from headwater.metrics_engine.profile import Profile
from headwater.metrics_engine.window_changes import Changes, apply
from headwater.metrics_engine.window_store import WindowId


class Remade(NamedTuple):
    rows: int
    state: AnyState | None


def remade(
    connection: sa.Connection, key: WindowId, profiles: Mapping[int, Profile], *, rows: int, reason: UnreadableState
) -> Remade:
    """The window from its stored rows, which must be as many as it counts. Raises UnreadableState with the reason why
    the old state cannot be read and why there is no new one.
    """
    wanted = WindowKey(key.version, key.slice, key.window.start, key.window.end)
    changes = Changes()
    for row in store.samples_of_version(connection, key.version, within=key.window):
        changes.replace(
            (), (each for each in contributions(place(row.prediction, profiles), row.label) if each.key == wanted)
        )
    change = changes.get(wanted)
    found = 0 if change is None else change.rows
    if found != rows or key.version not in profiles:
        raise UnreadableState(
            f"{reason}; and of the {rows} rows of this window {found} are kept, too few to recompute it"
        )
    state = None if change is None else apply(None, change, profiles[key.version].task)
    return Remade(rows, state)
