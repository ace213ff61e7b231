"""Routes that may be answered without Flask, on a thread or on the event loop; their checks are the same as Flask's."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from headwater.runtime.identity.principal import Principal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LOOP_BYTES = 64 * 1024
LOOP_PIECES = 4_096
# Tokens of a JSON text: values, strings, escapes, and Python's NaN and Infinity.
_PIECES = b',{["\\NI'


class Call(NamedTuple):
    """One request to a route. `read(limit)`: the body as it was sent, or a Problem when it has more bytes."""

    environ: "WSGIEnvironment"
    read: Callable[[int], bytes]
    principal: Principal
    request_id: str


class Answer(NamedTuple):
    """A response: JSON, unless `media` is another type."""

    status: int
    body: bytes
    media: str = "application/json"
    headers: Mapping[str, str] = {}


class DirectRoute(NamedTuple):
    """`answer` is called on a thread. `on_loop`, if any, handles small requests on the event loop instead: it awaits
    instead of blocking, and `is_small` bounds its cost.
    """

    method: str
    path: str
    permission: str
    answer: Callable[[Call], Answer]
    on_loop: Callable[[Call], Awaitable[Answer]] | None = None


def is_small(environ: Mapping[str, Any], body: bytes) -> bool:
    """Whether one event in `body` is cheap to check: few bytes, uncompressed, and few tokens.

    Many events in one request are never small: the cost of each depends little on its size.
    """
    return (
        len(body) <= LOOP_BYTES
        and "HTTP_CONTENT_ENCODING" not in environ
        and environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() in ("", "application/json")
        and (len(body) <= LOOP_PIECES or len(body) - len(body.translate(None, _PIECES)) <= LOOP_PIECES)
    )
