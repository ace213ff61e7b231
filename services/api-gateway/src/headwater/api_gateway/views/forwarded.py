"""Routes answered by their owners: the gateway authenticates the caller and forwards the request.

They are the routes in the product's description that belong to a service which the gateway needs.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import flask

from headwater.contracts.description import DESCRIPTION
from headwater.runtime.web.application import current_principal
from headwater.runtime.web.forward import Upstreams
from headwater.runtime.web.routes import Routes

AUTH = "auth"
OWNERS = (AUTH, "metrics-engine", "alerting")
OWNER_CHECKS = "the parameters are forwarded, and the owner refuses unknown ones"
AUTH_DECIDES = "auth itself checks the credentials: there is no token before the log-in"
_IN_PATH = re.compile(r"{([^{}]+)}")


def _declared() -> Routes:
    made = Routes()
    for path, operations in DESCRIPTION["paths"].items():
        for method, operation in operations.items():
            owner = operation["x-headwater-service"]
            if owner in OWNERS:
                permission = None if owner == AUTH else operation["x-headwater-permission"]
                made.route(
                    method.upper(),
                    _IN_PATH.sub(r"<\1>", path),
                    permission=permission,
                    public="" if permission else AUTH_DECIDES,
                    any_query=OWNER_CHECKS,
                    answers={},
                    owner=owner,
                )(_view(owner, operation, asks=permission is not None))
    return made


def _view(owner: str, operation: Mapping[str, Any], *, asks: bool) -> Callable[..., flask.Response]:
    """A view that forwards its request. `asks`: the gateway authenticates the caller and forwards the principal."""

    def forward(upstreams: Upstreams, **in_path: str) -> flask.Response:
        return upstreams[owner].forward(flask.request, current_principal() if asks else None)

    forward.__name__ = operation["operationId"]
    forward.__doc__ = operation["summary"]
    return forward


routes = _declared()
