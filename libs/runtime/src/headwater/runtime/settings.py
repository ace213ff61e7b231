"""Settings of a program: one frozen dataclass per service, filled from file < environment < flag."""

import dataclasses
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)
from typing import Union as TypingUnion

import msgspec
from msgspec import Meta

PREFIX = "HEADWATER_"
MODE = "HEADWATER_MODE"
CONFIG_FILE = "HEADWATER_CONFIG_FILE"
REDACTED = "[redacted]"
DEFAULT = "default"
MODE_DEFAULT = "default of this mode"

Mode = Literal["embedded", "distributed"]


class SettingsError(Exception):
    """A setting is wrong; the message states which, and the remedy."""


class Secret:
    """A text that is never shown in repr, in str or in a format string."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({REDACTED!r})" if self._value else "Secret('')"

    def __str__(self) -> str:
        return REDACTED if self._value else ""

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))


@dataclass_transform(kw_only_default=True, frozen_default=True)
@dataclasses.dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """The settings of every program. A field has its description in `msgspec.Meta`.

    Subclasses are frozen dataclasses with keyword arguments, so that a service may inherit several groups.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__()
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)

    log_level: Annotated[str, Meta(description="DEBUG, INFO, WARNING or ERROR")] = "INFO"


def distributed(description: str, *, flag: str = "", **bounds: Any) -> Meta:
    """Describe a setting that the embedded product does not use. flag: of `headwater up`, which does the same there."""
    return Meta(description=description, extra={"mode": "distributed", "flag": flag}, **bounds)


def embedded(description: str, **bounds: Any) -> Meta:
    """Describe a setting that only the embedded product uses."""
    return Meta(description=description, extra={"mode": "embedded"}, **bounds)


S = TypeVar("S", bound=ServiceSettings)


def joined(name: str, cls: type[S], groups: Sequence[type[ServiceSettings]]) -> type[S]:
    """`cls` with the settings of these groups after its own, as the class `name` of the same module.

    Raises TypeError when two of them have a setting of the same name: one would silently replace the other.
    """
    known = set(names(cls))
    for group in groups:
        added = set(names(group)) - set(names(ServiceSettings))
        if known & added:
            raise TypeError(f"{group.__module__}: {', '.join(sorted(known & added))} is a setting already")
        known |= added
    # A dataclass lists the fields of its last base first.
    return type(name, (*reversed(groups), cls), {"__module__": cls.__module__, "__doc__": cls.__doc__})


class Setting(NamedTuple):
    """One documented setting. `environ`: its variable; a secret may also be in the file that `…_FILE` names.

    `mode`: embedded or distributed where only one of them uses it, else empty. `flag`: of `headwater up`, which does
    the same in embedded mode where only distributed mode uses the setting; else empty.
    """

    name: str
    environ: str
    about: str
    default: str
    secret: bool
    required: bool
    mode: str = ""
    flag: str = ""

    def used_in(self, mode: Mode) -> bool:
        return self.mode in ("", mode)

    def given(self, environ: Mapping[str, str], file: Mapping[str, Any]) -> list[str]:
        """Where it can be set: its variable, the variable with the file of a secret, its key in the settings file."""
        variables = [self.environ, f"{self.environ}_FILE"] if self.secret else [self.environ]
        found = [name for name in variables if name in environ]
        return [*found, f"`{self.name}`"] if self.name in file else found


def describe(cls: type[ServiceSettings]) -> list[Setting]:
    """All settings of a service, for the documentation and `headwater config`."""
    hints = get_type_hints(cls, include_extras=True)
    return [_described(field, hints[field.name]) for field in dataclasses.fields(cls)]


def _described(field: "dataclasses.Field[Any]", hint: object) -> Setting:
    if field.default is not dataclasses.MISSING:
        default = _as_text(field.default)
    elif field.default_factory is not dataclasses.MISSING:
        default = _as_text(field.default_factory())
    else:
        default = ""
    return Setting(
        field.name,
        environ_name(field.name),
        _about(hint),
        default,
        _is_secret(hint),
        _required(field),
        _mark(hint, "mode"),
        _mark(hint, "flag"),
    )


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list | frozenset):
        return ",".join(str(item) for item in value)
    return str(value)


def _required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def names(cls: type[ServiceSettings]) -> tuple[str, ...]:
    """Names of the settings of a service."""
    return tuple(field.name for field in dataclasses.fields(cls))


def environ_name(name: str) -> str:
    return PREFIX + name.upper()


def shown(settings: ServiceSettings) -> dict[str, str]:
    """Names and values for people; secrets redacted."""
    return {name: _as_text(getattr(settings, name)) for name in names(type(settings))}


def mode_of(environ: Mapping[str, str] = os.environ) -> Mode:
    """The mode in HEADWATER_MODE; embedded without it. Raises SettingsError for any other word."""
    named = environ.get(MODE) or "embedded"
    if named == "distributed":
        return "distributed"
    if named == "embedded":
        return "embedded"
    raise SettingsError(f"{MODE} is {named!r}: give embedded or distributed")


def config_file(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The settings file in the environment."""
    named = environ.get(CONFIG_FILE)
    return Path(named) if named else None


def read_file(path: Path) -> dict[str, Any]:
    """Keys and values of a settings file. Raises SettingsError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"cannot read the settings file {path}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None


def unknown_keys(file: Path, classes: Iterable[type[ServiceSettings]]) -> list[str]:
    """Keys of a settings file that no service has: probably misspelt."""
    known = {name for cls in classes for name in names(cls)}
    return sorted(set(read_file(file)) - known)


class Loaded(NamedTuple, Generic[S]):
    """Settings, and by name the source of each value: flag, variable, key of the settings file, or default."""

    settings: S
    sources: Mapping[str, str]


def load(
    cls: type[S],
    *,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
    flags: Mapping[str, str | None] | None = None,
    defaults: Mapping[str, Any] | None = None,
    mode: Mode | None = None,
) -> S:
    """Settings from file < environment < flag. A flag of None was not given.

    file: None for the one in HEADWATER_CONFIG_FILE. It may be shared by several services: keys that `cls` does not have
    are ignored.
    defaults: values of this mode, in place of those of the class.
    mode: settings that only the other one uses keep their defaults, wherever they are set; None reads all.
    Raises SettingsError.
    """
    return load_with_sources(cls, environ=environ, file=file, flags=flags, defaults=defaults, mode=mode).settings


def load_with_sources(
    cls: type[S],
    *,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
    flags: Mapping[str, str | None] | None = None,
    defaults: Mapping[str, Any] | None = None,
    mode: Mode | None = None,
) -> Loaded[S]:
    """As `load`. Raises SettingsError."""
    hints = get_type_hints(cls, include_extras=True)
    path = file or config_file(environ)
    from_file = {} if path is None else read_file(path)
    given: dict[str, Any] = dict(defaults or {})
    sources = {name: MODE_DEFAULT if name in given else DEFAULT for name in names(cls)}
    for name in names(cls):
        if mode is not None and _mark(hints[name], "mode") not in ("", mode):
            continue
        found = _found(name, hints[name], from_file, environ, flags or {})
        if found is not None:
            raw, source = found
            sources[name] = source if source else f"`{name}` in {path}"
            given[name] = _converted(name, hints[name], raw, sources[name])
    missing = [field.name for field in dataclasses.fields(cls) if _required(field) and field.name not in given]
    if missing:
        raise SettingsError(f"{missing[0]} is not set: give {environ_name(missing[0])} or `{missing[0]}` in the file")
    return Loaded(cls(**given), sources)


def _found(
    name: str, hint: object, file: Mapping[str, Any], environ: Mapping[str, str], flags: Mapping[str, str | None]
) -> tuple[Any, str] | None:
    """The raw value and its source, by precedence; the source is empty for the settings file."""
    flag = flags.get(name)
    if flag is not None:
        return flag, f"--{name.replace('_', '-')}"
    variable = environ_name(name)
    if variable in environ:
        return environ[variable], variable
    if _is_secret(hint) and environ.get(variable + "_FILE"):
        return _read_secret(environ[variable + "_FILE"], variable + "_FILE"), variable + "_FILE"
    if name in file:
        return file[name], ""
    return None


def _converted(name: str, hint: object, raw: Any, source: str) -> Any:
    if isinstance(raw, str) and _is_sequence(hint):
        raw = [piece.strip() for piece in raw.split(",") if piece.strip()]
    try:
        return msgspec.convert(raw, hint, strict=False, dec_hook=_decode_secret)
    except msgspec.ValidationError as error:
        about = _about(hint)
        value = "" if _is_secret(hint) else f", not {str(raw)[:100]!r}"
        raise SettingsError(f"{source}: {error}{value}. {name} is: {about or 'undocumented'}") from None


def _decode_secret(wanted: type, value: Any) -> Any:
    if wanted is Secret and isinstance(value, str):
        return Secret(value)
    raise msgspec.ValidationError(f"Expected text for {wanted.__name__}")


def _read_secret(path: str, source: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{source}: cannot read {path}: {error}") from None


def _about(hint: object) -> str:
    for extra in getattr(hint, "__metadata__", ()):
        if isinstance(extra, Meta) and extra.description:
            return extra.description
    return ""


def _mark(hint: object, name: str) -> str:
    for extra in getattr(hint, "__metadata__", ()):
        if isinstance(extra, Meta) and extra.extra:
            return str(extra.extra.get(name, ""))
    return ""


def _bare(hint: object) -> object:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _is_secret(hint: object) -> bool:
    bare = _bare(hint)
    return bare is Secret or Secret in get_args(bare)


def _is_sequence(hint: object) -> bool:
    bare = _bare(hint)
    kinds = [bare, *get_args(bare)] if get_origin(bare) in (TypingUnion, type(int | str)) else [bare]
    return any((get_origin(kind) or kind) in (tuple, list, frozenset, set) for kind in kinds)
