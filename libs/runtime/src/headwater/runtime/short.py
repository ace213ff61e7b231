"""Which requests waitress answers on its own thread, in turns, and which by its pool of threads."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from headwater.runtime.turns import Turns

SHORT_BYTES = 64 * 1024


def is_short(request: Any, routes: Sequence[str]) -> bool:
    """A POST at or below one of `routes`, known to be small. What is packed may be large."""
    return (
        request.error is None
        and request.command == "POST"
        and 0 < request.content_length <= SHORT_BYTES
        and "CONTENT_ENCODING" not in request.headers
        and any(request.path == route or request.path.startswith(route + "/") for route in routes)
    )


class TurnDispatcher:
    """Give it to a server as its `task_dispatcher`, in front of the one that it has."""

    def __init__(self, pool: ThreadedTaskDispatcher, turns: Turns, routes: Sequence[str]) -> None:
        self._pool, self._turns, self._routes = pool, turns, tuple(routes)

    def add_task(self, channel: Any) -> None:
        """Waitress holds a lock of the channel meanwhile, so nothing begins here."""
        if self._turns.here and is_short(channel.requests[0], self._routes):
            self._turns.add(partial(self._serve, channel))
        else:
            self._pool.add_task(channel)

    def _serve(self, channel: Any) -> None:
        try:
            channel.service()
        except Exception:
            self._pool.logger.exception("a short request failed")
