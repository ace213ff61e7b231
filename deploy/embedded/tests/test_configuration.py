"""The settings of all programs: which exist, the effective values in each mode, and which are set but not used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from headwater.embedded.configuration import (
    UP,
    check_keys,
    in_force,
    programs,
    unknown,
    unknown_message,
    unused,
)
from headwater.embedded.data_dir import DataDir
from headwater.embedded.hosting import settings_of
from headwater.embedded.services import SERVICES
from headwater.embedded.start import StartOptions
from headwater.runtime.hosting.service import Service
from headwater.runtime.settings import SettingsError, describe, shown

ROOT = Path(__file__).resolve().parents[3]
URL = "http://127.0.0.1:8642"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "headwater.toml"
    path.write_text('window_seconds = 60\nport = 80\nwebhook_url = "http://127.0.0.1:1/hush"\n')
    return path


def values(program: str, **environ: str) -> Mapping[str, Any]:
    settings, sources = in_force(program, "embedded", environ=environ, file=None)
    return {name: (value, sources[name]) for name, value in shown(settings).items()}


def test_the_programs_are_the_services_that_declare_themselves() -> None:
    assert {service.name: service.settings for service in SERVICES} == programs("distributed")
    assert programs("embedded").keys() - programs("distributed").keys() == {UP}
    files = ROOT.glob("services/*/src/headwater/*/settings.py")
    assert {cls.__module__ for cls in programs("distributed").values()} == {
        f"headwater.{file.parent.name}.settings" for file in files
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_is_shown_is_what_the_embedded_product_is_given(
    service: Service, data: DataDir, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {
        "HEADWATER_CONFIG_FILE": str(file),
        "HEADWATER_STREAM_CLIENTS": "4000",
        "HEADWATER_PORT": "no number",
        "HEADWATER_KAFKA_INBOUND": "true",
        "HEADWATER_PUBLIC_URL": "https://hw.example",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    options = StartOptions(data_dir=str(data.root), start="s", url=URL, public_url="https://hw.example", socket=0)
    used = {setting.name for setting in describe(service.settings) if setting.used_in("embedded")}
    hosted = shown(settings_of(service, options))
    displayed = shown(in_force(service.name, "embedded", environ=environ, file=None).settings)
    assert {name: hosted[name] for name in used} == {name: displayed[name] for name in used}


def test_what_only_distributed_mode_uses_is_not_given_to_the_embedded_product(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_KAFKA_INBOUND", "true")
    options = StartOptions(data_dir=str(data.root), start="s", url=URL, public_url=URL, socket=0)
    (gateway,) = [service for service in SERVICES if service.name == "ingest-gateway"]
    assert settings_of(gateway, options).kafka_inbound is False  # type: ignore[attr-defined]


def test_defaults_and_limits_of_embedded_mode_are_named() -> None:
    assert values("lineage-writer")["batch_records"] == ("4000", "default of embedded mode")
    assert values("lineage-writer", HEADWATER_BATCH_RECORDS="9")["batch_records"] == ("9", "HEADWATER_BATCH_RECORDS")
    assert values("stream")["stream_clients"] == ("32", "default of embedded mode")
    asked = values("stream", HEADWATER_STREAM_CLIENTS="100")["stream_clients"]
    assert asked == ("32", "HEADWATER_STREAM_CLIENTS, limited in embedded mode")
    assert values("stream", HEADWATER_STREAM_CLIENTS="3")["stream_clients"] == ("3", "HEADWATER_STREAM_CLIENTS")
    assert values("auth")["public_url"] == ("", "default of embedded mode: the address that it listens on")
    public = values("alerting", HEADWATER_PUBLIC_URL="https://hw.example")
    assert public["external_url"] == ("https://hw.example", "default of embedded mode: the public URL")


def test_distributed_mode_has_the_defaults_of_the_services(file: Path) -> None:
    settings, sources = in_force("lineage-writer", "distributed", environ={}, file=file)
    assert (shown(settings)["batch_records"], sources["batch_records"]) == ("1000", "default")
    assert sources["port"] == f"`port` in {file}"


def test_what_is_set_and_not_used_is_named_with_the_mode_that_uses_it_and_the_flag(file: Path) -> None:
    environ = {"HEADWATER_NEO4J_PASSWORD_FILE": "x", "HEADWATER_METRICS_PORT": "1", "HEADWATER_KEPT_DAYS": "1"}
    assert [str(found) for found in unused("embedded", environ=environ, file=file)] == [
        "HEADWATER_NEO4J_PASSWORD_FILE is used in distributed mode only",
        f"`port` in {file} is used in distributed mode only; embedded: --port",
    ]
    assert [str(found) for found in unused("distributed", environ=environ, file=file)] == [
        "HEADWATER_METRICS_PORT is used in embedded mode only"
    ]
    assert unused("embedded", environ=environ, file=None, program="auth") == []


def test_names_that_no_program_knows_are_found_in_both_places(file: Path) -> None:
    assert unknown(environ={"HEADWATER_MODE": "x", "HEADWATER_PEPPER_FILE": "x", "PATH": "x"}, file=file) == []
    file.write_text("windw_seconds = 60\n")
    environ = {"HEADWATER_CONFIG_FILE": str(file), "HEADWATER_PORT_FILE": "x"}
    assert unknown(environ=environ, file=None) == ["HEADWATER_PORT_FILE", "windw_seconds"]
    assert "windw_seconds (did you mean window_seconds?)" in unknown_message(["windw_seconds"])
    with pytest.raises(SettingsError, match=r"headwater\.toml: no program has a setting windw_seconds"):
        check_keys(file)
    check_keys(None)
