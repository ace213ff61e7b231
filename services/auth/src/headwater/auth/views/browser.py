"""What protects a browser: the cookie that holds the refresh token, and who may make it be sent."""

from typing import NamedTuple
from urllib.parse import urlsplit

import flask

from headwater.contracts.problems import Problems
from headwater.runtime.problem import Problem

CLIENT_HEADER = "X-Headwater-Client"
_OWN_SITE = ("same-origin", "none")


class RefreshCookie(NamedTuple):
    """Over https a `__Host-` cookie, Secure. Over plain http, which is for loopback alone, neither is possible in every
    client; there the port is in the name, because cookies do not tell ports apart."""

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


def refresh_cookie(public_url: str) -> RefreshCookie:
    """The cookie for the address under which browsers reach the product."""
    parts = urlsplit(public_url)
    if parts.scheme == "https":
        return RefreshCookie("__Host-headwater_refresh", True)
    return RefreshCookie(f"headwater_refresh_{parts.port or 80}", False)


def refuse_foreign_site() -> None:
    """403 when the browser says that another site made it ask."""
    site = flask.request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OWN_SITE:
        raise Problem(Problems.FORBIDDEN, "Another site made your browser ask this.")


def need_own_client() -> None:
    """403 unless our own page asks: other pages cannot send this header without our consent."""
    refuse_foreign_site()
    if CLIENT_HEADER not in flask.request.headers:
        raise Problem(Problems.FORBIDDEN, f"Send the header {CLIENT_HEADER}: it shows that no other site is asking.")
