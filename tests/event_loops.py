"""An ingest gateway behind an event loop, called without a network."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from headwater.runtime.web.application import direct_routes
from headwater.runtime.web.asgi import Application
from headwater.runtime.web.lanes import Lane
from tests.asgi import Answered, call

LINEAGE, BATCH = "/api/v1/lineage", "/api/v1/lineage/batch"


class CountingLane(Lane):
    """A lane that counts its requests."""

    taken = 0

    def take(self, task: Callable[[], object]) -> bool:
        self.taken += 1
        return super().take(task)


class Loop:
    """A gateway behind an event loop; counts the requests that run on a thread, and those that reach Flask."""

    def __init__(self, gateway: Any, *, lane: Lane | None = None, may_block: bool = False) -> None:
        self.gateway = gateway
        self.by_flask = 0
        self._lane = CountingLane("lane", 1) if lane is None else lane
        self._lane.start()
        direct = direct_routes(gateway.app)
        self.application = Application(self._flask, lane=self._lane, direct=direct, may_block=may_block)
        gateway.post(LINEAGE, {})  # the key is cached

    @property
    def on_threads(self) -> int:
        return self._lane.taken if isinstance(self._lane, CountingLane) else 0

    def _flask(self, environ: Any, start_response: Any) -> Any:
        self.by_flask += 1
        return self.gateway.app(environ, start_response)

    def post(self, path: str, body: bytes, *, key: str | None = "all", **headers: str) -> Answered:
        shown = self.gateway.shown(key)
        sent = {"Content-Type": "application/json", **shown, **named(headers)}
        return asyncio.run(asyncio.wait_for(call(self.application, "POST", path, body, sent), 30))

    def close(self) -> None:
        self._lane.close()


def named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
