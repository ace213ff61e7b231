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
from headwater.local.distributed.layout import SECRETS, Layout
from headwater.local.distributed.product import Product
from headwater.local.distributed.programs import PROGRAMS, choose_ports, environment
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


def test_no_secret_of_ours_is_in_the_environment_and_no_setting_of_the_caller(layout: Layout) -> None:
    ports = dict.fromkeys(PROGRAMS, 1)
    inherited = {"HEADWATER_LOG_LEVEL": "DEBUG", "PATH": "p"}
    told = environment(Addresses(), ports, layout, dashboard=Path("d"), inherited=inherited)
    assert not {layout.secret(name) for name in SECRETS} & set(told.values())
    assert "HEADWATER_LOG_LEVEL" not in told
    assert told["PATH"] == "p"


def test_inbound_topics_belong_to_the_producers_key(layout: Layout) -> None:
    product = Product(layout, 1, keep=False, say=print)
    layout.producer_key.write_text("hw_abcDEF123456_secretAndChecksum\n")
    assert product._inbound_principals() == ",".join(f"{topic}=key:abcDEF123456" for topic in INBOUND)


def test_the_caller_says_by_which_names_and_proxies_the_product_is_reached(layout: Layout) -> None:
    def told(**inherited: str) -> dict[str, str]:
        ports = dict.fromkeys(PROGRAMS, 1)
        return environment(Addresses(), ports, layout, dashboard=Path("d"), inherited=inherited)

    asked = {"HEADWATER_ALLOWED_HOSTS": "a.example", "HEADWATER_PUBLIC_URL": "https://b.example"}
    assert asked.items() <= told(**asked).items()
    assert told()["HEADWATER_TRUSTED_PROXIES"] == "127.0.0.1"
    assert told(HEADWATER_TRUSTED_PROXIES="10.0.0.2")["HEADWATER_TRUSTED_PROXIES"] == "127.0.0.1,10.0.0.2"


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
