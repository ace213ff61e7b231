"""The distributed product's plan, its secrets and its restarts."""

import json
import os
import stat
import sys
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from headwater.contracts.topics import INBOUND
from headwater.local.addresses import Addresses
from headwater.local.distributed.caller import Caller, caller_of
from headwater.local.distributed.layout import SECRETS, Layout
from headwater.local.distributed.programs import PROGRAMS, choose_ports, inbound_principals, own_settings
from headwater.local.distributed.running import Program
from headwater.local.errors import StartError
from tests.product import eventually

LEAVES_A_WORKER = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
)
SLEEPS = f"{LEAVES_A_WORKER}; time.sleep(600)"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "data")
    layout.prepare()
    return layout


def program(log: Path, code: str = SLEEPS) -> Program:
    return Program("thing", [sys.executable, "-c", code], {}, log, ready_url="")


def workers(group: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != group and os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found


def test_secrets_are_made_once_and_are_the_owners_alone(layout: Layout) -> None:
    before = [layout.secret(name) for name in SECRETS]
    assert layout.prepare() is False
    assert [layout.secret(name) for name in SECRETS] == before
    assert len(set(before)) == len(SECRETS)
    assert {stat.S_IMODE(layout.secret_file(name).stat().st_mode) for name in SECRETS} == {0o600}


def test_every_program_has_a_port_of_its_own() -> None:
    offered = iter([1, 1, 2, 2, 3, 4, 5, 6, 7])
    ports = choose_ports(lambda: next(offered))
    assert tuple(ports) == PROGRAMS
    assert len(set(ports.values())) == len(PROGRAMS)


def own(layout: Layout, **given: str) -> dict[str, str]:
    ports = dict.fromkeys(PROGRAMS, 1)
    return own_settings(Addresses(), ports, layout, dashboard=Path("d"), origin="http://127.0.0.1:1", given=given)


def caller(**environ: str) -> Caller:
    """One whose programs `a` and `b` declare a few settings."""
    declared = {
        "a": frozenset({"log_level", "pepper", "public_url", "trusted_proxies"}),
        "b": frozenset({"log_level", "window_seconds", "static_dir"}),
    }
    return Caller(environ, declared, {})


def test_no_secret_of_ours_is_in_the_environment(layout: Layout) -> None:
    told = caller(PATH="p").environment("a", own(layout))
    assert told["HEADWATER_PEPPER_FILE"] == str(layout.secret_file("pepper"))
    assert not {layout.secret(name) for name in SECRETS} & set(told.values())
    assert told["PATH"] == "p"


def test_a_setting_of_the_caller_reaches_the_programs_that_declare_it(layout: Layout) -> None:
    who = caller(
        HEADWATER_LOG_LEVEL="DEBUG",
        HEADWATER_WINDOW_SECONDS="60",
        HEADWATER_CONFIG_FILE="/x.toml",
        HEADWATER_CACHE_DIR="/cache",
    )
    told = {program: who.environment(program, own(layout)) for program in "ab"}
    assert {program: told[program]["HEADWATER_LOG_LEVEL"] for program in "ab"} == {"a": "DEBUG", "b": "DEBUG"}
    assert {program: told[program]["HEADWATER_CONFIG_FILE"] for program in "ab"} == {"a": "/x.toml", "b": "/x.toml"}
    assert {program: told[program]["HEADWATER_MODE"] for program in "ab"} == {"a": "distributed", "b": "distributed"}
    assert told["b"]["HEADWATER_WINDOW_SECONDS"] == "60"
    assert "HEADWATER_WINDOW_SECONDS" not in told["a"]
    assert "HEADWATER_CACHE_DIR" not in told["a"]
    assert "HEADWATER_PEPPER_FILE" not in told["b"]
    assert [name for name in who.command_environment(own(layout)) if name == "HEADWATER_LOG_LEVEL"] == []


def test_addresses_and_secrets_of_ours_outrank_the_callers_however_they_are_given(layout: Layout) -> None:
    who = caller(HEADWATER_PEPPER="mine", HEADWATER_HOST="0.0.0.0", HEADWATER_LOG_LEVEL="INFO", LOG_FILE="x")
    told = who.environment("a", own(layout))
    assert "HEADWATER_PEPPER" not in told
    assert told["HEADWATER_PEPPER_FILE"] == str(layout.secret_file("pepper"))
    assert told["LOG_FILE"] == "x"
    assert who.outranked(own(layout)) == ["HEADWATER_HOST", "HEADWATER_PEPPER"]


def test_the_environment_sets_the_host_names_and_trusted_proxies(layout: Layout) -> None:
    assert own(layout)["HEADWATER_PUBLIC_URL"] == "http://127.0.0.1:1"
    assert own(layout)["HEADWATER_STATIC_DIR"] == "d"
    assert own(layout)["HEADWATER_TRUSTED_PROXIES"] == "127.0.0.1"
    given = own(layout, public_url="https://b.example", static_dir="e", trusted_proxies="10.0.0.2")
    assert {"HEADWATER_PUBLIC_URL", "HEADWATER_STATIC_DIR"} & given.keys() == set()
    assert given["HEADWATER_TRUSTED_PROXIES"] == "127.0.0.1,10.0.0.2"


def test_inbound_topics_belong_to_the_producers_key_unless_the_environment_maps_them() -> None:
    key = "hw_abcDEF123456_secretAndChecksum"
    (told,) = inbound_principals(key, {}).values()
    assert told == ",".join(f"{topic}=key:abcDEF123456" for topic in INBOUND)
    (told,) = inbound_principals(key, {"inbound_scopes": f"{INBOUND[0]}=a,{INBOUND[0]}.b=c"}).values()
    assert told == ",".join(f"{topic}=key:abcDEF123456" for topic in INBOUND[1:])
    assert inbound_principals(key, {"inbound_principals": f"{INBOUND[0]}=kim"}) == {}


def test_what_the_caller_gives_is_read_as_the_programs_read_it() -> None:
    entry = {"log_level": {"value": "DEBUG", "from": "HEADWATER_LOG_LEVEL"}}
    settings = {**entry, "threads": {"value": "8", "from": "default"}, "port": {"value": "1", "from": "`port` in x"}}
    found = caller_of({"PATH": "p"}, {"a": settings, "b": entry})
    assert found.declared == {"a": {"log_level", "threads", "port"}, "b": {"log_level"}}
    assert found.given == {"log_level": "DEBUG", "port": "1"}


def test_a_program_that_is_started_again_has_lost_its_old_workers(tmp_path: Path) -> None:
    thing = program(tmp_path / "log")
    thing.launch()
    assert thing.identity
    first = thing.identity
    eventually(lambda: workers(first.pid))
    psutil.Process(first.pid).kill()
    eventually(lambda: not first.alive())
    thing.relaunch()
    assert not workers(first.pid)
    assert thing.running()
    thing.stop()
    assert not thing.running()


def test_a_program_that_cannot_be_executed_is_named(tmp_path: Path) -> None:
    thing = Program("thing", [str(tmp_path / "absent")], {}, tmp_path / "log", ready_url="")
    with pytest.raises(StartError, match="absent"):
        thing.launch()


def test_what_a_killed_supervisor_left_is_ended_at_the_next_start(layout: Layout) -> None:
    thing = program(layout.logs / "log", code=LEAVES_A_WORKER)
    thing.launch()
    assert thing.identity
    group = thing.identity
    eventually(lambda: not group.alive() and workers(group.pid))
    layout.running.write_text(json.dumps({"processes": {"thing": asdict(group)}}))
    layout.end_leftovers()
    eventually(lambda: not workers(group.pid))
