"""The objects of a service: one for each type, with its readiness check."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, TypeVar, cast

from headwater.runtime.telemetry.health import Check

T = TypeVar("T")


class MissingPart(LookupError):
    """A view or a worker needs a part that was not added: the composition is incomplete."""


class Parts:
    """Objects by type. Filled while a program is composed, read while its views and workers are created."""

    def __init__(self) -> None:
        self._objects: dict[Any, object] = {}
        self._checks: dict[str, Check] = {}
        self._closing = ExitStack()

    def add(
        self,
        kind: type[T],
        part: T,
        *,
        check: tuple[str, Check] | None = None,
        close: Callable[[], object] | None = None,
    ) -> T:
        """Add the one object of a type and return it. Raises ValueError when there is one already. check: name and
        check of the dependency behind it, for readiness. close: called by `close`, last added first.
        """
        if kind in self._objects:
            raise ValueError(f"{_name(kind)} was added already")
        self._objects[kind] = part
        if check is not None:
            self._checks[check[0]] = check[1]
        if close is not None:
            self._closing.callback(close)
        return part

    def get(self, kind: type[T]) -> T:
        """The object of a type. Raises MissingPart naming the type."""
        try:
            return cast(T, self._objects[kind])
        except KeyError:
            known = ", ".join(sorted(map(_name, self._objects))) or "nothing"
            raise MissingPart(f"{_name(kind)} is needed and was not added; added were: {known}") from None

    def __contains__(self, kind: object) -> bool:
        return kind in self._objects

    @property
    def checks(self) -> Mapping[str, Check]:
        """The checks of all parts, by the name of the dependency."""
        return self._checks

    def close(self) -> None:
        """Close everything that was added with `close`, last added first, even when one fails."""
        self._closing.close()


def _name(kind: object) -> str:
    return getattr(kind, "__qualname__", str(kind))
