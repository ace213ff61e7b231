"""The settings of all programs: their list, the effective ones of a mode, and those set but not used in it."""

import dataclasses
import difflib
import importlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from headwater.api_gateway.settings import EMBEDDED_STREAMS
from headwater.runtime.settings import (
    DEFAULT,
    MODE_DEFAULT,
    PREFIX,
    Loaded,
    Mode,
    ServiceSettings,
    SettingsError,
    config_file,
    describe,
    load,
    load_with_sources,
    names,
    read_file,
    unknown_keys,
)
from headwater.runtime.web.request_policy import WebSettings

PROGRAMS = {
    "auth": "headwater.auth.__main__",
    "ingest-gateway": "headwater.ingest_gateway.__main__",
    "lineage-writer": "headwater.lineage_writer.__main__",
    "metrics-engine": "headwater.metrics_engine.__main__",
    "alerting": "headwater.alerting.__main__",
    "api-gateway": "headwater.api_gateway.__main__",
    "stream": "headwater.api_gateway.serve_stream",
}
"""What `headwater serve` starts; the embedded product hosts the same services."""

UP = "up"

VARIABLES = {
    "HEADWATER_MODE": "embedded (when it is not set) or distributed: which installation a command is for",
    "HEADWATER_CONFIG_FILE": "the settings file, TOML, of every program and command",
    "HEADWATER_CACHE_DIR": "cache of Kafka and Neo4j for `make servers-up` and `make run-distributed`",
    "HEADWATER_PUBLISHED_PORT": "compose: the port of this machine on which nginx listens",
    "HEADWATER_INSIDE_SUBNET": "compose: addresses of the internal network",
    "HEADWATER_ALERTMANAGER_CONFIG": "compose: the configuration of Alertmanager",
}
"""Variables that are not settings of a program, with their meaning."""

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    # With a backlog, larger batches write each page of the graph less often.
    "lineage-writer": {"batch_records": 4_000},
    "ingest-gateway": {"kafka_inbound": False},
    "api-gateway": {"static_dir": str(Path(__file__).resolve().parents[5] / "frontend" / "dist")},
}
"""Defaults of embedded mode by program, in place of those of its settings."""

MOST: Mapping[str, Mapping[str, int]] = {
    "api-gateway": {"stream_clients": EMBEDDED_STREAMS},
    "stream": {"stream_clients": EMBEDDED_STREAMS},
}
"""The largest values of embedded mode by program."""

STANDS_FOR = {"public_url": ": the address that it listens on", "external_url": ": the public URL"}
"""Defaults of embedded mode that depend on the start."""


class Unused(NamedTuple):
    """A setting that is set and that this mode does not use. `source`: where it is set; `mode`: the one that uses it.

    `flag`: of `headwater up`, which does the same in embedded mode; empty where there is none.
    """

    source: str
    mode: str
    flag: str

    def __str__(self) -> str:
        return f"{self.source} is used in {self.mode} mode only" + (f"; embedded: {self.flag}" if self.flag else "")


def programs(mode: Mode | None = None) -> dict[str, type[ServiceSettings]]:
    """The settings of each program of a mode, of both when None; `up`: of `headwater up`, beside those of services."""
    modules = PROGRAMS if mode == "distributed" else {UP: __name__, **PROGRAMS}
    return {name: _settings_beside(module) for name, module in modules.items()}


def _settings_beside(module: str) -> type[ServiceSettings]:
    found: type[ServiceSettings] = importlib.import_module(f"{module.rpartition('.')[0]}.settings").Settings
    return found


def in_force(program: str, mode: Mode, *, environ: Mapping[str, str], file: Path | None) -> Loaded[ServiceSettings]:
    """The settings of a program in a mode, without flags. Raises SettingsError.

    Embedded, an empty public URL means the address that is listened on.
    """
    cls = programs()[program]
    if mode == "distributed":
        return load_with_sources(cls, environ=environ, file=file, mode=mode)
    public_url = load(WebSettings, environ=environ, file=file, defaults={"public_url": ""}).public_url
    loaded = load_embedded(program, cls, public_url, environ=environ, file=file)
    return Loaded(loaded.settings, {name: _named(name, source) for name, source in loaded.sources.items()})


def _named(name: str, source: str) -> str:
    return f"default of embedded mode{STANDS_FOR.get(name, '')}" if source == MODE_DEFAULT else source


def load_embedded(
    program: str,
    cls: type[ServiceSettings],
    public_url: str,
    *,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
) -> Loaded[ServiceSettings]:
    """The settings of a program in embedded mode, with its defaults and limits. Raises SettingsError.

    public_url: where people reach the product; notifications link there unless they are given another address.
    """
    defaults = {"public_url": public_url, "external_url": public_url, **DEFAULTS.get(program, {})}
    known = {name: value for name, value in defaults.items() if name in names(cls)}
    loaded = load_with_sources(cls, environ=environ, file=file, flags=flags, defaults=known, mode="embedded")
    settings: Any = loaded.settings
    over = {name: most for name, most in MOST.get(program, {}).items() if getattr(settings, name) > most}
    at = {name: loaded.sources[name] for name in over}
    sources = {name: MODE_DEFAULT if at[name] == DEFAULT else f"{at[name]}, limited in embedded mode" for name in over}
    return Loaded(dataclasses.replace(settings, **over), {**loaded.sources, **sources})


def unused(mode: Mode, *, environ: Mapping[str, str], file: Path | None, program: str | None = None) -> list[Unused]:
    """Settings that are set and not used in a mode, by name; of one program if given. Raises SettingsError."""
    used = {setting.name for cls in programs(mode).values() for setting in describe(cls) if setting.used_in(mode)}
    path = file or config_file(environ)
    keys = read_file(path) if path else {}
    shown = [programs()[program]] if program else programs().values()
    found = {
        source: Unused(f"{source} in {path}" if source.startswith("`") else source, setting.mode, setting.flag)
        for cls in shown
        for setting in describe(cls)
        if setting.name not in used
        for source in setting.given(environ, keys)
    }
    return [found[source] for source in sorted(found)]


def unknown(*, environ: Mapping[str, str], file: Path | None) -> list[str]:
    """Unknown names in the environment and in the settings file. Raises SettingsError."""
    known = variables()
    stray = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    path = file or config_file(environ)
    return stray + (unknown_keys(path, programs().values()) if path else [])


def variables() -> set[str]:
    """Every variable that has a meaning."""
    settings = [setting for cls in programs().values() for setting in describe(cls)]
    files = {f"{setting.environ}_FILE" for setting in settings if setting.secret}
    return {setting.environ for setting in settings} | files | set(VARIABLES)


def check_keys(file: Path | None) -> None:
    """Raises SettingsError when a settings file cannot be read, or has a key that no program knows."""
    stray = unknown_keys(file, programs().values()) if file else []
    if stray:
        raise SettingsError(f"{file}: {unknown_message(stray)}")


def unknown_message(stray: Iterable[str]) -> str:
    """Unknown names, with those that were probably meant."""
    known = [*variables(), *(name for cls in programs().values() for name in names(cls))]
    close = [(name, difflib.get_close_matches(name, known, 1)) for name in stray]
    listed = ", ".join(f"{name} (did you mean {near[0]}?)" if near else name for name, near in close)
    return f"no program has a setting {listed}: see the reference of settings for the names"
