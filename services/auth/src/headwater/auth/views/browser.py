"""Cookies of browsers, and the protection against cross-site use of them.

Cross-site state changes in general are refused by every program: see `headwater.runtime.web.hosts`.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

import flask

from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem

CLIENT_HEADER = "X-Headwater-Client"


class Cookie(NamedTuple):
    """Over https a `__Host-` cookie, Secure. Over plain http, which is only for loopback, not every client supports
    these; there the port is in the name, because cookies are not separated by port."""

    name: str
    secure: bool

    def read(self) -> str | None:
        return flask.request.cookies.get(self.name)

    def write(self, response: flask.Response, token: str, seconds: int) -> None:
        response.set_cookie(
            self.name, token, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="Strict"
        )

    def clear(self, response: flask.Response) -> None:
        response.set_cookie(self.name, "", max_age=0, path="/", secure=self.secure, httponly=True, samesite="Strict")


def cookie(public_url: str, name: str) -> Cookie:
    """The cookie for the address under which browsers reach the product."""
    parts = urlsplit(public_url.lower())
    if parts.scheme == "https":
        return Cookie(f"__Host-headwater_{name}", True)
    return Cookie(f"headwater_{name}_{parts.port or 80}", False)


def need_own_client() -> None:
    """403 unless the request is from our own page: other pages cannot send this header without our consent."""
    if CLIENT_HEADER not in flask.request.headers:
        raise Problem(
            Problems.FORBIDDEN, f"Send the header {CLIENT_HEADER}: it shows that no other site sent this request."
        )
