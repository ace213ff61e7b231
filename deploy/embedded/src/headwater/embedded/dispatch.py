"""Several applications behind one origin, like nginx in a distributed installation."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from headwater.embedded.services import API_GATEWAY
from headwater.runtime.hosting.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PARAMETER = re.compile(r"<[^<>]+>")


class Dispatcher:
    """A WSGI application that passes each request to the service that declares its route, else to the api-gateway.

    applications: by service, the api-gateway among them. A route of both is the api-gateway's.
    Raises ValueError for a service with a path that has parameters: those are forwarded by the api-gateway.
    """

    def __init__(self, applications: Mapping[Service, "WSGIApplication"]) -> None:
        self._default = applications[API_GATEWAY]
        own = set(places(API_GATEWAY))
        self._owners = {
            place: app
            for service, app in applications.items()
            for place in places(service)
            if service is not API_GATEWAY and place not in own
        }
        for _, path in self._owners:
            if _PARAMETER.search(path):
                raise ValueError(f"{path}: only the api-gateway answers paths with parameters")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        place = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        return self._owners.get(place, self._default)(environ, start_response)


def places(service: Service) -> list[tuple[str, str]]:
    """Method and path of each route that a service declares."""
    return [(route.method, route.path) for group in service.routes for route in group]
