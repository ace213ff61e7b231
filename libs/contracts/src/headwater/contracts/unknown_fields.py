"""Fields of an event that its type does not define: found, counted, and named for the sender.

A text without unknown fields costs one strict decoding; only a text that fails it is searched.
"""

import difflib
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import inspect

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")
Text = bytes | msgspec.Raw

MOST_NAMED = 5
"""Unknown fields of one event that are named; the rest is counted."""
LONGEST_NAME, LONGEST_PATH = 64, 200
_COMPARED = 32
_ALIKE = 0.75
_MOST_DECODED = 16

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode
_UNIONS = (typing.Union, types.UnionType)
_NOT_READ = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class UnknownField(NamedTuple):
    """`path`: of the object with the first one; `pattern`: the same without list indexes; `known`: the fields
    that such an object has; `places`: objects of the pattern that have it."""

    pattern: str
    path: str
    name: str
    known: tuple[str, ...]
    places: int = 1

    def note(self) -> str:
        where = _end(f"{self.path}.{_short(self.name)}".lstrip("."))
        often = f" in {self.places:,} places" if self.places > 1 else ""
        near = _nearest(self.name, self.known) if len(self.name) <= _COMPARED else None
        return f"unknown field `{where}` is not read{often}" + (f"; did you mean `{near}`?" if near else "")


class Tally:
    """The unknown fields of one event: the first few, equal ones in a list as one, and the number of the rest.

    `size`: bytes of the text that is searched; a part is decoded once for each object around it, and all decoding
    together is bounded by a multiple of the size.
    """

    def __init__(self, size: int = 0) -> None:
        self._found: dict[tuple[str, str], UnknownField] = {}
        self._rest = 0
        self._bytes_left = size * _MOST_DECODED
        self._stopped = False

    def decode(self, decoder: Callable[[Text], T], raw: Text) -> T | None:
        """None where the value has another shape, or too much was decoded."""
        self._bytes_left -= len(raw)
        if self._bytes_left < 0:
            self._stopped = True
            return None
        try:
            return decoder(raw)
        except _NOT_READ:
            return None

    def add(self, field: UnknownField) -> None:
        key = (field.pattern, field.name)
        known = self._found.get(key)
        if known is not None:
            self._found[key] = known._replace(places=known.places + field.places)
        elif len(self._found) < MOST_NAMED:
            self._found[key] = field
        else:
            self._rest += field.places

    def include(self, other: "Tally", inside: str, at: str) -> None:
        """Record what was found in a part of the event with the pattern `inside` and the path `at`."""
        for field in other._found.values():
            self.add(field._replace(pattern=inside + field.pattern, path=at + field.path))
        self._rest += other._rest
        self._stopped |= other._stopped

    def notes(self) -> tuple[str, ...]:
        """For the sender."""
        notes = [field.note() for field in self._found.values()]
        if self._rest:
            notes.append(f"{self._rest:,} more unknown fields are not read")
        if self._stopped:
            notes.append("there may be more unknown fields in objects that are nested too deeply to be searched")
        return tuple(notes)


class Known:
    """The fields that one type defines."""

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        self._strict = msgspec.json.Decoder(strict(kind)).decode
        self._shape = _object(inspect.type_info(kind), {})

    def unknown(self, text: bytes) -> Tally | None:
        """None where there are none. A value of another shape than the type has no fields that could be unknown."""
        try:
            self._strict(text)
        except _NOT_READ:
            return self.search(text)
        return None

    def search(self, text: bytes) -> Tally:
        """The unknown fields in a text that `strict(kind)` did not decode."""
        tally = Tally(len(text))
        self._shape.search(text, tally, "", "")
        return tally


class _Shape(Protocol):
    def search(self, raw: Text, tally: Tally, pattern: str, path: str) -> None:
        """Add the unknown fields in a JSON value of this shape."""


class _Object:
    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self.inner: dict[str, _Shape] = {}

    def search(self, raw: Text, tally: Tally, pattern: str, path: str) -> None:
        for name, value in (tally.decode(_members, raw) or {}).items():
            if name in self.inner:
                self.inner[name].search(value, tally, f"{pattern}.{name}", f"{path}.{name}")
            elif name not in self.names:
                tally.add(UnknownField(pattern, path, name, self.names))


class _List:
    def __init__(self, item: _Shape) -> None:
        self._item = item

    def search(self, raw: Text, tally: Tally, pattern: str, path: str) -> None:
        inside = f"{pattern}[]"
        for index, item in enumerate(tally.decode(_items, raw) or ()):
            self._item.search(item, tally, inside, f"{path}[{index}]")


class _Map:
    def __init__(self, value: _Shape) -> None:
        self._value = value

    def search(self, raw: Text, tally: Tally, pattern: str, path: str) -> None:
        inside = f"{pattern}[]"
        for name, value in (tally.decode(_members, raw) or {}).items():
            self._value.search(value, tally, inside, f"{path}[{_short(name)}]")


class _Tagged:
    def __init__(self, field: str, shapes: Mapping[str, _Shape]) -> None:
        self._field, self._shapes = field, shapes

    def search(self, raw: Text, tally: Tally, pattern: str, path: str) -> None:
        tag = (tally.decode(_members, raw) or {}).get(self._field)
        shape = None if tag is None else self._shapes.get(tally.decode(_text, tag) or "")
        if shape is not None:
            shape.search(raw, tally, pattern, path)


def _shape(kind: inspect.Type, made: dict[type, _Object]) -> _Shape | None:
    """How to search a JSON value of a type; None where it holds no object with fields of its own."""
    if isinstance(kind, inspect.StructType):
        return _object(kind, made)
    if isinstance(kind, inspect.UnionType):
        structs = [each for each in kind.types if isinstance(each, inspect.StructType)]
        if len(structs) > 1:
            return _Tagged(str(structs[0].tag_field), {str(each.tag): _object(each, made) for each in structs})
        return next(filter(None, (_shape(each, made) for each in kind.types)), None)
    inner = kind.item_type if isinstance(kind, inspect.ListType) else getattr(kind, "value_type", None)
    shape = _shape(inner, made) if inner is not None else None
    if shape is None:
        return None
    return _List(shape) if isinstance(kind, inspect.ListType) else _Map(shape)


def _object(kind: Any, made: dict[type, _Object]) -> _Object:
    if kind.cls in made:
        return made[kind.cls]
    tag = (kind.tag_field,) if kind.tag_field else ()
    found = made[kind.cls] = _Object((*tag, *(field.encode_name for field in kind.fields)))
    for field in kind.fields:
        if (shape := _shape(field.type, made)) is not None:
            found.inner[field.encode_name] = shape
    return found


@cache
def strict(kind: type[S]) -> type[S]:
    """A subclass that decodes the same way but refuses unknown fields, at any depth."""
    config = kind.__struct_config__
    if config.forbid_unknown_fields:
        return kind
    hints = typing.get_type_hints(kind)
    changed = [
        (field.name, inner, _default(field))
        for field in msgspec.structs.fields(kind)
        if (inner := _strict_inside(hints[field.name])) is not hints[field.name]
    ]
    made: Any = msgspec.defstruct(
        f"Strict{kind.__name__}",
        changed,
        bases=(kind,),
        forbid_unknown_fields=True,
        kw_only=True,
        tag_field=config.tag_field,
        tag=config.tag,
        frozen=config.frozen,
        gc=config.gc,
    )
    return typing.cast("type[S]", made)


def _default(field: Any) -> Any:
    copied: Any = msgspec.field
    return copied(default=field.default, default_factory=field.default_factory)


def _strict_inside(hint: Any) -> Any:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return strict(hint)
    inner = tuple(map(_strict_inside, typing.get_args(hint)))
    if inner == typing.get_args(hint):
        return hint
    origin = typing.get_origin(hint)
    return typing.Union[inner] if origin in _UNIONS else origin[inner]  # noqa: UP007


@lru_cache(1_000)
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    """The known name that was probably meant, if any."""
    for candidate in known:
        if _folded(candidate) == _folded(name):
            return candidate
    return next(iter(difflib.get_close_matches(name, known, 1, _ALIKE)), None)


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _end(path: str) -> str:
    return path if len(path) <= LONGEST_PATH else "…" + path[1 - LONGEST_PATH :]
