"""Answers direct routes for a server, without Flask: checks callers, counts and logs requests, maps errors."""

import time
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from headwater.runtime.hosting.auditing import Refusals, Refused
from headwater.runtime.identity.principal import Principal
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.web import access
from headwater.runtime.web.answers import problem_as_answer
from headwater.runtime.web.compression import compressed
from headwater.runtime.web.direct import Answer, Call, DirectRoute
from headwater.runtime.web.parse import too_large
from headwater.runtime.web.problem import Problem, surprise
from headwater.runtime.web.threaded import Whole

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from headwater.runtime.web.application import Checks


class DirectRoutes:
    """Routes of an application that its server may answer without Flask.

    Each is also a Flask route, which handles what is refused, or needs more than cached state to be admitted.
    """

    def __init__(
        self,
        service: str,
        routes: Iterable[DirectRoute],
        checks: "Checks",
        access_: access.Access,
        refusals: Refusals | None,
    ) -> None:
        self._routes = {(route.method, route.path): route for route in routes}
        self._checks, self._access, self._log = checks, access_, get_logger(service)
        self._refusals = refusals

    def find(self, environ: "WSGIEnvironment") -> DirectRoute | None:
        """The route of a request; None with a query string, whose parameters Flask refuses by name."""
        if environ.get("QUERY_STRING"):
            return None
        return self._routes.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))

    def admitted(self, environ: "WSGIEnvironment", route: DirectRoute) -> Principal | None:
        """The caller, if cached state alone admits it. Refusals are left to Flask."""
        try:
            self._checks.origin(environ)
            return self._checks.remembered(environ, route.permission)
        except Problem:
            return None

    async def on_loop(
        self,
        environ: "WSGIEnvironment",
        route: DirectRoute,
        principal: Principal,
        data: bytes,
        answer: Callable[[Call], Awaitable[Answer]],
    ) -> Whole:
        """The response to an admitted request with this body, by `answer`, which never blocks."""
        began, call = time.perf_counter(), self._call(environ, route, principal, data)
        try:
            found = await answer(call)
        except Exception as error:
            found = self._failed(route, call, error)
        return self._whole(call, found, began)

    def on_thread(self, route: DirectRoute, principal: Principal, data: bytes) -> "WSGIApplication":
        """An application that responds to the one admitted request with this body, and may block."""

        def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            began, call = time.perf_counter(), self._call(environ, route, principal, data)
            try:
                found = route.answer(call)
            except Exception as error:
                found = self._failed(route, call, error)
            status, headers, body = self._whole(call, found, began)
            start_response(f"{status} {HTTPStatus(status).phrase}", headers)
            return [body]

        return respond

    def _call(self, environ: "WSGIEnvironment", route: DirectRoute, principal: Principal, data: bytes) -> Call:
        request_id = self._access.begin(environ)
        environ[access.ROUTE_ENVIRON] = route.path

        def read(limit: int) -> bytes:
            if len(data) > limit:
                raise too_large(limit)
            return data

        return Call(environ, read, principal, request_id)

    def _failed(self, route: DirectRoute, call: Call, error: Exception) -> Answer:
        if not isinstance(error, Problem):
            self._log.exception("request_failed", route=route.path, exc_info=error)
            error = surprise()
        elif self._refusals is not None:
            place = (route.method, route.path, route.path, route.permission)
            self._refusals.add(error, Refused(*place, call.principal, call.request_id))
        return problem_as_answer(error, call.request_id)

    def _whole(self, call: Call, found: Answer, began: float) -> Whole:
        """The response with its headers, counted."""
        self._access.finish(call.environ, found.status, time.perf_counter() - began)
        body, coding = compressed(found.body, found.media, call.environ.get("HTTP_ACCEPT_ENCODING"))
        headers = [
            ("Content-Type", found.media),
            ("Content-Length", str(len(body))),
            *found.headers.items(),
            *coding.items(),
        ]
        return found.status, [*headers, *access.SAFETY_HEADERS, ("X-Request-Id", call.request_id)], body
