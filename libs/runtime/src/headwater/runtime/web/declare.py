"""Declarations of a view: who may call it, what it accepts, what it returns."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from headwater.contracts.permissions import PERMISSIONS

F = TypeVar("F", bound=Callable[..., Any])
_PERMISSION = "__headwater_permission__"
_DOCUMENTED = "__headwater_documented__"
_ANY_QUERY = "__headwater_any_query__"
_ANY_BODY = "__headwater_any_body__"
_KNOWN = frozenset(permission.name for permission in PERMISSIONS)


class Declared(NamedTuple):
    """`permission`: the one a caller needs; None on a public route, which gives a reason in `why`."""

    permission: str | None
    why: str = ""


class Documented(NamedTuple):
    """Types of the query, the body and the answers by status."""

    query: Any
    body: Any
    answer: Mapping[int, Any]
    tag: str


def permission(name: str) -> Callable[[F], F]:
    """Only callers who hold permission `name` anywhere reach the view; the view checks namespaces."""
    if name not in _KNOWN:
        raise ValueError(f"{name!r} is not a permission: add it to headwater.contracts.permissions")
    return _marked(_PERMISSION, Declared(name))


def public(why: str) -> Callable[[F], F]:
    """Anybody may call; `why` tells the reviewer why that is safe."""
    return _marked(_PERMISSION, Declared(None, why))


def documented(
    *, query: Any = None, body: Any = None, answer: Mapping[int, Any] | None = None, tag: str = ""
) -> Callable[[F], F]:
    """Types for the OpenAPI document; checks nothing at run time. Summary and text come from the docstring."""
    return _marked(_DOCUMENTED, Documented(query, body, answer or {}, tag))


def any_query(why: str) -> Callable[[F], F]:
    """The route accepts parameters that it does not declare; `why` tells the reviewer where they are checked.

    Every other route refuses parameters that its query type does not declare."""
    return _marked(_ANY_QUERY, why)


def any_body(why: str) -> Callable[[F], F]:
    """The route reads a body that it does not declare; `why` tells the reviewer where it is checked.

    Every other route without a declared body refuses one."""
    return _marked(_ANY_BODY, why)


def _marked(name: str, value: object) -> Callable[[F], F]:
    def mark(view: F) -> F:
        setattr(view, name, value)
        return view

    return mark


def declared(view: Callable[..., Any]) -> Declared | None:
    """The access declaration of a view; None without one, which no application accepts."""
    return getattr(view, _PERMISSION, None)


def known_parameters(view: Callable[..., Any]) -> frozenset[str] | None:
    """The parameters allowed in the query string; None when any are."""
    if getattr(view, _ANY_QUERY, None):
        return None
    declared_type = documentation(view).query
    return frozenset(f.encode_name for f in msgspec.structs.fields(declared_type)) if declared_type else frozenset()


def takes_body(view: Callable[..., Any]) -> bool:
    """Whether a request may have a body; a forwarded one is checked by the owner."""
    passes = getattr(view, _ANY_BODY, None) or getattr(view, _ANY_QUERY, None)
    return documentation(view).body is not None or passes is not None


def documentation(view: Callable[..., Any]) -> Documented:
    return getattr(view, _DOCUMENTED, Documented(None, None, {}, ""))
