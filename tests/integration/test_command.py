"""The `headwater` command without a running product: help, exit codes, and one clear line when something is wrong."""

import json
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from headwater.cli.__main__ import main
from tests.integration.commands import headwater, refusal, succeeds, told, wrong

PRINTS_DATA = {
    ("config", "show"),
    ("dead-letters", "list"),
    ("dead-letters", "show"),
    ("doctor",),
    ("env",),
    ("key", "create"),
    ("key", "list"),
    ("metrics", "evaluate"),
    ("rebuild", "graph"),
    ("user", "list"),
    ("version",),
}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that invoke it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*path, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))


ALL = dict(commands(main))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_explains_itself_and_every_option(path: tuple[str, ...]) -> None:
    command = ALL[path]
    context = click.Context(command, info_name=path[-1])
    assert command.help
    assert command.get_short_help_str(100)
    shown = command.get_help(context)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} says nothing of itself"
            assert parameter.opts[-1] in shown
    assert {path for path, found in ALL.items() if any("--json" in p.opts for p in found.params)} == PRINTS_DATA


def test_help_is_printed_by_the_program_itself() -> None:
    for arguments in (["--help"], ["up", "--help"], ["sample", "remove", "-h"], ["dead-letters", "redrive", "--help"]):
        assert "Usage: headwater" in succeeds(*arguments).replace("__main__", "headwater")


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["up", "--port", "99999"],
        ["up", "--port", "http"],
        ["up", "--ephemeral", "--data-dir", "x"],
        ["up", "--host", "0.0.0.0"],
        ["up", "--host", "0.0.0.0", "--open-read", "--insecure-http"],
        ["serve", "nothing"],
        ["dead-letters", "redrive"],
        ["dead-letters", "show", "no-letter-id"],
        ["key", "create"],
        ["metrics", "evaluate", "nowhere.csv", "--task", "binary"],
        ["config", "show", "--file", "nowhere.toml"],
        ["up", "--config", "nowhere.toml"],
    ],
    ids=" ".join,
)
def test_a_mistyped_command_ends_with_code_2_and_one_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert wrong(*arguments, code=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["env"],
        ["export", "graph"],
        ["export", "audit"],
        ["rebuild", "graph"],
        ["sample", "add"],
        ["sample", "remove"],
        ["dead-letters", "list"],
        ["user", "list"],
        ["key", "list"],
        ["migrate"],
    ],
    ids=" ".join,
)
def test_where_nothing_is_installed_the_remedy_is_named(arguments: list[str], tmp_path: Path) -> None:
    assert "--data-dir" in wrong(*arguments, "--data-dir", tmp_path / "empty")
    assert not (tmp_path / "empty").exists()


def test_a_data_directory_that_cannot_be_used_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/headwater")):
        assert str(place) in refusal("up", "--data-dir", place)


def test_a_full_disk_is_named_in_one_line_and_leaves_no_process(tmp_path: Path) -> None:
    def allow_little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    said = refusal("up", "--data-dir", tmp_path / "data", preexec_fn=allow_little)
    assert "could not start" in said
    assert "log" in said
    assert str(tmp_path) not in "".join(_command_lines())


def _command_lines() -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                yield (entry / "cmdline").read_text()
            except OSError:
                continue


def test_a_password_file_that_is_missing_empty_or_endless_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "endless").write_text("secret " * 1000)
    for name, reason in (("missing", "cannot read"), ("empty", "is empty")):
        assert reason in wrong("up", "--ephemeral", HEADWATER_ADMIN_PASSWORD_FILE=str(tmp_path / name))
    variables = {"HEADWATER_ADMIN_PASSWORD_FILE": str(tmp_path / "endless")}
    assert "1024 characters" in refusal("up", "--ephemeral", "--port", "0", env=variables)


def test_settings_are_checked_before_anything_starts(tmp_path: Path) -> None:
    assert succeeds("config", "check") == "settings are good\n"
    assert "HEADWATER_GRAPH_COLOUR" in refusal("config", "check", env={"HEADWATER_GRAPH_COLOUR": "green"})
    assert "HEADWATER_PORT" in wrong("config", "check", HEADWATER_MODE="distributed", HEADWATER_PORT="many")
    assert "HEADWATER_MODE is 'cluster'" in wrong("config", "check", HEADWATER_MODE="cluster")
    assert "HEADWATER_MODE is 'cluster'" in wrong("user", "list", HEADWATER_MODE="cluster")
    file = tmp_path / "settings.toml"
    file.write_text("prot = 80\n")
    commands = [("up", "--ephemeral", "--config", file), ("config", "check", "--file", file)]
    for command in commands:
        assert "prot (did you mean port?)" in wrong(*command)
    for words in (("config", "check"), ("up", "--ephemeral"), ("serve", "auth")):
        assert "prot" in wrong(*words, HEADWATER_CONFIG_FILE=str(file))
    file.write_text("port = \n")
    for command in commands:
        assert str(file) in wrong(*command)


@pytest.mark.parametrize("command", [("up", "--ephemeral"), ("serve", "stream"), ("config", "check")], ids=" ".join)
def test_a_settings_file_that_cannot_be_read_is_named(command: tuple[str, ...], tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    assert f"cannot read the settings file {missing}" in wrong(*command, HEADWATER_CONFIG_FILE=str(missing))
    assert f"cannot read the settings file {tmp_path}" in wrong(*command, HEADWATER_CONFIG_FILE=str(tmp_path))


def test_settings_that_the_mode_does_not_use_are_named_and_are_no_error(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("threads = 3\n")
    variables = {"HEADWATER_OPEN_INGEST": "true", "HEADWATER_KEPT_DAYS": "9", "HEADWATER_CONFIG_FILE": str(file)}
    done = headwater("config", "check", env=variables)
    assert (done.returncode, done.stdout) == (0, "settings are good\n")
    assert done.stderr.splitlines() == [
        "warning: HEADWATER_OPEN_INGEST is used in distributed mode only; embedded: --open-ingest",
        f"warning: `threads` in {file} is used in distributed mode only",
    ]
    other = headwater("config", "check", env={"HEADWATER_MODE": "distributed", "HEADWATER_METRICS_PORT": "1"})
    assert other.stderr == "warning: HEADWATER_METRICS_PORT is used in embedded mode only\n"
    assert other.returncode == 0


def test_what_is_in_force_is_shown_by_mode(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("window_seconds = 60\nkept_days = 8\n")
    variables = {"HEADWATER_CONFIG_FILE": str(file), "HEADWATER_KEPT_DAYS": "9", "HEADWATER_PORT": "5000"}
    embedded = told("config", "show", **variables).splitlines()
    assert embedded[0] == "mode: embedded"
    assert f"window_seconds = 60  # `window_seconds` in {file}" in embedded
    assert "kept_days = 9  # HEADWATER_KEPT_DAYS" in embedded
    assert "batch_records = 4000  # default of embedded mode" in embedded
    assert not [line for line in embedded if line.startswith("port = ")]
    assert embedded[-2:] == [
        "set, but not used in embedded mode:",
        "HEADWATER_PORT is used in distributed mode only; embedded: --port",
    ]
    distributed = told("config", "show", HEADWATER_MODE="distributed", **variables).splitlines()
    assert distributed[0] == "mode: distributed"
    assert "port = 5000  # HEADWATER_PORT" in distributed
    assert {"[up]"} & set(distributed) == set()
    assert not [line for line in distributed if "not used" in line]
    shown = json.loads(told("config", "show", "--json", **variables))
    assert (shown["mode"], shown["file"]) == ("embedded", str(file))
    assert shown["services"]["metrics-engine"]["kept_days"] == {"value": "9", "from": "HEADWATER_KEPT_DAYS"}
    assert shown["set_but_not_used"] == [{"source": "HEADWATER_PORT", "mode": "distributed", "flag": "--port"}]
    assert "embedded" in wrong("config", "show", "up", HEADWATER_MODE="distributed")


def test_settings_are_shown_by_rank_and_secrets_never(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('port = 4000\nthreads = 3\nservice_token = "a secret of the file"\n')
    variables = {
        "HEADWATER_MODE": "distributed",
        "HEADWATER_PORT": "5000",
        "HEADWATER_PEPPER": "a secret of the environment",
    }
    shown = told("config", "show", "auth", "--file", file, **variables)
    assert "port = 5000  # HEADWATER_PORT" in shown
    assert "threads = 3  # `threads`" in shown
    as_json = succeeds("config", "show", "auth", "--json", "--file", file, env=variables)
    auth = json.loads(as_json)["services"]["auth"]
    assert auth["pepper"]["value"] == auth["service_token"]["value"] == "[redacted]"
    assert "a secret" not in shown + as_json


@pytest.mark.parametrize("program", ["alerting", "metrics-engine", "auth"])
def test_a_service_without_a_setting_that_it_needs_says_so_in_one_line(program: str) -> None:
    done = headwater("serve", program, env={"HEADWATER_PEPPER": "p" * 32})
    assert done.returncode == 1
    assert "database_url is not set: give HEADWATER_DATABASE_URL_FILE" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_is_evaluated_without_a_server(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("y_true,y_pred\nyes,yes\nno,yes\nno,no\nyes,yes\n")
    evaluate = ("metrics", "evaluate", file, "--task")
    lines = [json.loads(line) for line in succeeds(*evaluate, "binary", "--json").splitlines()]
    assert {line["metric"]: line["value"] for line in lines}["accuracy"] == 0.75
    assert "accuracy" in told(*evaluate, "binary")
    assert "nothing" in wrong(*evaluate, "binary", "--truth", "nothing")
    assert "guess" in wrong(*evaluate, "guess", code=2)
    assert wrong(*evaluate, "regression")
    file.write_bytes(b"\xff\xfe\x00")
    assert str(file) in wrong(*evaluate, "binary")


def test_the_version_is_one_line() -> None:
    number = json.loads(succeeds("version", "--json"))["version"]
    assert succeeds("version") == f"headwater {number}\n"


def test_a_broker_that_is_away_is_one_line(tmp_path: Path) -> None:
    variables = {"HEADWATER_MODE": "distributed", "HEADWATER_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    assert "127.0.0.1:1" in refusal("dead-letters", "list", env=variables)


def test_the_output_may_be_cut_short() -> None:
    done = headwater("config", "show", stdout=os.open(os.devnull, os.O_RDONLY), stderr=-1, capture_output=False)
    assert "Traceback" not in (done.stderr or "")


def test_doctor_finds_this_machine_fit(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in succeeds("doctor", "--json", "--data-dir", tmp_path).splitlines()]
    assert [line["check"] for line in lines] == ["python", "sqlite", "disk", "clock", "product"]
    assert all(line["ok"] for line in lines)
    assert stat.S_ISDIR(tmp_path.stat().st_mode)
