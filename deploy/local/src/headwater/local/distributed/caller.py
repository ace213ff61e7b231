"""Which `HEADWATER_…` variables and settings of the caller the programs get; `headwater config` reads them."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from headwater.local.errors import StartError
from headwater.local.processes import run
from headwater.runtime.settings import CONFIG_FILE, MODE, PREFIX, environ_name

_CONFIG = (sys.executable, "-m", "headwater.cli", "config")
_SECONDS = 60
_OF_ALL = frozenset({MODE, CONFIG_FILE})


class Caller(NamedTuple):
    """`environ`: the caller's environment. `declared`: the settings of each program, by name. `given`: the values of
    settings that the caller's environment or file gives, as text; secrets are redacted."""

    environ: Mapping[str, str]
    declared: Mapping[str, frozenset[str]]
    given: Mapping[str, str]

    def environment(self, program: str, own: Mapping[str, str]) -> dict[str, str]:
        """The environment of a program: everything that is not a setting, and its declared settings. `own` overrides
        the caller.

        A setting of `own` replaces the caller's whether given as such or as a file.
        """
        known = _OF_ALL | {environ_name(name) for name in self.declared[program]}
        ours = {_setting(name) for name in own}
        theirs = {name: value for name, value in self.environ.items() if _setting(name) not in ours}
        told = {**theirs, **own}
        return {name: value for name, value in told.items() if not name.startswith(PREFIX) or _setting(name) in known}

    def command_environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """The environment of a `headwater` command on the stores: only our own settings."""
        return {**{name: value for name, value in self.environ.items() if not name.startswith(PREFIX)}, **own}

    def outranked(self, own: Iterable[str]) -> list[str]:
        """The caller's variables that `own` ones override."""
        ours = {_setting(name) for name in own} - _OF_ALL
        return sorted(name for name in self.environ if _setting(name) in ours)


def read_caller(environ: Mapping[str, str], say: Callable[[str], None]) -> Caller:
    """Prints settings that are set and not used in distributed mode.

    Raises StartError in one line when a name is unknown, or a value or the settings file cannot be read.
    """
    environment = {**environ, MODE: "distributed"}
    checked = run([*_CONFIG, "check"], environment=environment, seconds=_SECONDS)
    if checked.returncode:
        raise StartError(checked.stderr.strip().removeprefix("Error: "))
    for line in checked.stderr.splitlines():
        say(line)
    shown = run([*_CONFIG, "show", "--json"], environment=environment, seconds=_SECONDS)
    if shown.returncode:
        raise StartError(f"headwater config show failed\n{shown.stderr[-3000:]}")
    return caller_of(environment, json.loads(shown.stdout)["services"])


def caller_of(environ: Mapping[str, str], services: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Caller:
    """From value and source of each setting by program, as `headwater config show --json` prints them."""
    declared = {name: frozenset(settings) for name, settings in services.items()}
    given = {
        setting: str(entry["value"])
        for settings in services.values()
        for setting, entry in settings.items()
        if not str(entry["from"]).startswith("default")
    }
    return Caller(environ, declared, given)


def _setting(variable: str) -> str:
    """The variable of a setting, also of one that is given as a file."""
    return variable if variable in _OF_ALL else variable.removesuffix("_FILE")
