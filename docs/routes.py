"""Every HTTP route as its service declares it: method, path, permission, first line of the docstring."""

from collections.abc import Iterator
from typing import NamedTuple

from headwater.embedded.services import SERVICES
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.application import create_web_app
from headwater.runtime.web.declare import declared

EVERY = "every service"


class Route(NamedTuple):
    """`permission` is empty on a public route, which says `why`."""

    program: str
    method: str
    path: str
    permission: str
    why: str
    about: str


def routes() -> list[Route]:
    """All routes of all services and of the operations that each of them has, by path."""
    found = [*_operations(), *_declared()]
    return sorted(found, key=lambda route: (route.path, route.method, route.program))


def _declared() -> Iterator[Route]:
    for service in SERVICES:
        for route in (route for group in service.routes for route in group):
            yield Route(
                service.name, route.method, route.path, route.permission or "", route.public, _about(route.view)
            )


def _operations() -> Iterator[Route]:
    app = create_web_app("docs", blueprints=[], health=Health(), metrics=Telemetry("docs"), verifier=None)
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        said = declared(view)
        assert said is not None
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield Route(EVERY, method, rule.rule, said.permission or "", said.why, _about(view))


def _about(view: object) -> str:
    return (view.__doc__ or "").strip().partition("\n")[0]
