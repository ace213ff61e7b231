"""When API keys were last used, as services saw it."""

from collections.abc import Mapping

import sqlalchemy as sa

from headwater.auth.tables import api_keys


def note(connection: sa.Connection, uses: Mapping[str, int], *, now: int) -> None:
    """Moments by key id may come late and twice; the latest counts, and none lies ahead."""
    for key_id, told in sorted(uses.items()):
        at = min(told, now)
        older = sa.or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < at)
        connection.execute(api_keys.update().where(api_keys.c.id == key_id, older).values(last_used_at=at))
