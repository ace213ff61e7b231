"""The accepted host names of a program, and the origins of pages that may change state through a browser.

Two attacks use the browser of somebody who can reach us, and need no password when reading or sending is open:
- DNS rebinding. The attacker's own name is pointed at us after their page has loaded; the browser then treats us as
  their server and lets the page read our responses. The browser still sends their name as Host, so an unknown name is
  refused, on every route and with every method.
- Cross-site requests. A page of any site sends a POST that needs no preflight. Browsers send the page's origin in
  Origin (or at least its relation to us in Sec-Fetch-Site), so a state change from a foreign page is refused.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from headwater.contracts.problems import Problems
from headwater.runtime.settings import SettingsError
from headwater.runtime.web.problem import Problem

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAME = "localhost"
LONGEST = 300
_OWN_SITE = frozenset({"same-origin", "none"})
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\s\[\]:/?#@,]+)(?::[0-9]{0,5})?")
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_DEFAULT_PORT = {"http": ":80", "https": ":443"}


class AllowedHosts:
    """The hosts and origins of one program. Ports of a Host do not count: proxies and port mappings change them.

    public_url: where browsers reach the product; its host is allowed, and its origin is the product's own.
    names: further names, for browsers too. internal_names: names by which services call this one; no pages are served
    there.

    `localhost` and literal addresses are always allowed, in the open modes too. Rebinding needs a name: a literal
    address cannot be pointed elsewhere, so a page with such an origin was served from there. Thus probes by address (of
    a kubelet, a load balancer) need no setting. A request without Host is accepted too: browsers always send one.
    """

    def __init__(self, public_url: str = "", *, names: Iterable[str] = (), internal_names: Iterable[str] = ()) -> None:
        self._public_scheme, self._public_name, self._public_origin = _parts(public_url)
        self._internal = frozenset(_checked(name) for name in internal_names)
        listed = {_checked(name) for name in names}
        self._names = self._internal | listed | {LOOPBACK_NAME, self._public_name}
        self._allows = lru_cache(maxsize=256)(self._is_allowed)

    def check(self, environ: Mapping[str, Any]) -> None:
        """Raises Problem: 421 for a foreign Host, 403 for a state change from a foreign page."""
        host = environ.get("HTTP_HOST", "")
        if host and (len(host) > LONGEST or not self._allows(host)):
            raise Problem(
                Problems.MISDIRECTED,
                f"{host[:100]!r} is not a host name of this program. If it should be, add it to "
                "HEADWATER_ALLOWED_HOSTS or make it the host of HEADWATER_PUBLIC_URL.",
            )
        if environ.get("REQUEST_METHOD") not in SAFE_METHODS:
            self._check_origin(environ, host)

    def _check_origin(self, environ: Mapping[str, Any], host: str) -> None:
        """The request is from a page of ours, or not from a browser: producers and scripts send neither header."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None:
            if not self.is_own(origin, host):
                raise Problem(
                    Problems.FORBIDDEN,
                    f"A page of {origin[:100]!r} sent this request, and that is not an address of this product. If it "
                    "is one, set HEADWATER_PUBLIC_URL to it.",
                )
        elif environ.get("HTTP_SEC_FETCH_SITE", "none") not in _OWN_SITE:
            raise Problem(Problems.FORBIDDEN, "Another site made your browser send this request.")

    def is_own(self, origin: str, host: str) -> bool:
        """Whether `origin` is the public URL's, or that of the allowed `host` (with port) which the request names.

        A page on another port of the same host is another origin. Where the public URL is https, http is not an origin
        of its host: that page could be forged on the network. `null` (sandboxed pages, files) is never accepted.
        """
        origin = origin.lower()
        if origin == self._public_origin:
            return True
        scheme, _, authority = origin.partition("://")
        if scheme not in _DEFAULT_PORT or authority != host.lower().removesuffix(_DEFAULT_PORT[scheme]):
            return False
        name = _name_of(authority)
        if not name or name in self._internal:
            return False
        return scheme == "https" or name != self._public_name or self._public_scheme == "http"

    def _is_allowed(self, host: str) -> bool:
        name = _name_of(host)
        return name in self._names or _is_literal(name) if name else False


def is_local(environ: Mapping[str, Any]) -> bool:
    """Whether the caller is on this machine, used a loopback address or name, and no proxy is in between. A proxy on
    this machine sends the public host, or a forwarding header.
    """
    if any(environ.get(name) for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")):
        return False
    name = _name_of(environ.get("HTTP_HOST", "") or LOOPBACK_NAME)
    return _is_loopback(environ.get("REMOTE_ADDR", "")) and (name == LOOPBACK_NAME or _is_loopback(name.strip("[]")))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _name_of(authority: str) -> str:
    """The host without its port, in lower case and without the dot of the root; empty when it is not a host."""
    found = _AUTHORITY.fullmatch(authority.strip().lower())
    return found[1].removesuffix(".") if found else ""


def _is_literal(name: str) -> bool:
    try:
        ipaddress.ip_address(name[1:-1] if name.startswith("[") else name)
    except ValueError:
        return False
    return name.startswith("[") == (":" in name)


def _checked(name: str) -> str:
    """A host name as it is compared. Raises SettingsError."""
    bare = name.strip().lower().removesuffix(".")
    if not (_NAME.fullmatch(bare) or _is_literal(bare)):
        raise SettingsError(f"allowed_hosts: {name[:100]!r} is not a host name: give names without scheme, port or *")
    return bare


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host and origin of the public URL; all empty for an empty one. Raises SettingsError."""
    if not url:
        return "", "", ""
    wrong = SettingsError(f"public_url: {url[:100]!r} is not a URL: give https://name or http://name:port, no path")
    try:
        parts = urlsplit(url.lower())
        port = parts.port
    except ValueError:
        raise wrong from None
    name = _name_of(parts.netloc)
    if parts.scheme not in _DEFAULT_PORT or not name or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise wrong
    shown = f":{port}" if port is not None and f":{port}" != _DEFAULT_PORT[parts.scheme] else ""
    return parts.scheme, name, f"{parts.scheme}://{name}{shown}"
