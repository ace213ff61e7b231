from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from headwater.runtime.settings import (
    Secret,
    ServiceSettings,
    SettingsError,
    describe,
    distributed,
    embedded,
    joined,
    load,
    load_with_sources,
    mode_of,
    names,
    shown,
    unknown_keys,
)


class Settings(ServiceSettings, frozen=True, kw_only=True):
    port: Annotated[int, Meta(description="port to listen on", ge=0, le=65_535)] = 8080
    mode: Annotated[Literal["embedded", "distributed"], Meta(description="how it runs")] = "embedded"
    names: Annotated[tuple[str, ...], Meta(description="some names")] = ()
    quick: Annotated[bool, Meta(description="whether it hurries")] = False
    ratio: Annotated[float | None, Meta(description="a part of one")] = None
    token: Annotated[Secret, Meta(description="a secret")] = Secret("")


class Strict(ServiceSettings, frozen=True, kw_only=True):
    place: Annotated[str, Meta(description="where")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "headwater.toml"
    path.write_text('port = 1\nmode = "distributed"\nnames = ["a", "b"]\nneo4j_uri = "of another service"\n')
    return path


def test_a_flag_beats_the_environment_which_beats_the_file(file: Path) -> None:
    environ = {"HEADWATER_PORT": "2"}
    assert load(Settings, environ={}).port == 8080
    assert load(Settings, environ={}, file=file).port == 1
    assert load(Settings, environ=environ, file=file).port == 2
    assert load(Settings, environ=environ, file=file, flags={"port": "3"}).port == 3
    assert load(Settings, environ=environ, file=file, flags={"port": None}).port == 2


def test_texts_of_the_environment_become_what_the_setting_is() -> None:
    environ = {"HEADWATER_NAMES": "a, b,,c", "HEADWATER_QUICK": "true", "HEADWATER_RATIO": "0.5"}
    settings = load(Settings, environ=environ)
    assert (settings.names, settings.quick, settings.ratio) == (("a", "b", "c"), True, 0.5)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"HEADWATER_PORT": "many"}, "HEADWATER_PORT: .*'many'.*port to listen on"),
        ({"HEADWATER_PORT": "70000"}, "HEADWATER_PORT: .*70000"),
        ({"HEADWATER_MODE": "both"}, "HEADWATER_MODE: .*both.*how it runs"),
        ({"HEADWATER_TOKEN_FILE": "/nowhere/at/all"}, "HEADWATER_TOKEN_FILE: cannot read"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_be(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(Settings, environ=environ)


def test_a_missing_setting_is_named_with_its_variable() -> None:
    with pytest.raises(SettingsError, match="HEADWATER_PLACE"):
        load(Strict, environ={})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("port = = 1")
    with pytest.raises(SettingsError, match=r"bad\.toml is not TOML"):
        load(Settings, environ={}, file=tmp_path / "bad.toml")
    with pytest.raises(SettingsError, match=r"none\.toml"):
        load(Settings, environ={}, file=tmp_path / "none.toml")


def test_a_secret_comes_from_a_file_and_shows_itself_nowhere(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush\n")
    settings = load(Settings, environ={"HEADWATER_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.token.reveal() == "hush"
    for text in (repr(settings), str(settings.token), f"{settings.token}", repr(shown(settings))):
        assert "hush" not in text
    assert load(Settings, environ={"HEADWATER_TOKEN": "hush"}).token == settings.token
    assert not Secret("")


def test_a_wrong_secret_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    (tmp_path / "headwater.toml").write_text("token = 12345")
    with pytest.raises(SettingsError) as error:
        load(Settings, environ={}, file=tmp_path / "headwater.toml")
    assert "12345" not in str(error.value)


def test_a_key_that_no_service_knows_is_found(file: Path) -> None:
    assert unknown_keys(file, [Settings, Strict]) == ["neo4j_uri"]


def test_every_setting_describes_itself() -> None:
    described = {setting.name: setting for setting in describe(Settings)}
    assert described["port"].environ == "HEADWATER_PORT"
    assert described["port"].default == "8080"
    assert described["token"].secret
    assert all(setting.about for setting in described.values())
    assert describe(Strict)[0].required or describe(Strict)[1].required


def test_groups_join_the_settings_of_a_service_after_its_own() -> None:
    class Group(ServiceSettings, frozen=True, kw_only=True):
        drum_skin: Annotated[str, Meta(description="of what it is made")] = "calf"

    class Other(ServiceSettings, frozen=True, kw_only=True):
        horn_keys: Annotated[int, Meta(description="how many it has", ge=0)] = 3

    both = joined("Both", Strict, [Group, Other])
    assert names(both) == ("log_level", "place", "drum_skin", "horn_keys")
    loaded = load(both, environ={"HEADWATER_PLACE": "here", "HEADWATER_HORN_KEYS": "4"})
    assert isinstance(loaded, Strict)
    assert isinstance(loaded, Group)
    assert isinstance(loaded, Other)
    assert (loaded.place, loaded.drum_skin, loaded.horn_keys) == ("here", "calf", 4)


def test_two_groups_with_a_setting_of_one_name_are_refused() -> None:
    class Group(ServiceSettings, frozen=True, kw_only=True):
        place: Annotated[str, Meta(description="where it stands")] = ""

    with pytest.raises(TypeError, match="place is a setting already"):
        joined("Both", Strict, [Group])


class Marked(ServiceSettings, frozen=True, kw_only=True):
    both: Annotated[int, Meta(description="used in both modes")] = 1
    port: Annotated[int, distributed("port to listen on", flag="--port", ge=0)] = 8080
    floor: Annotated[int, embedded("free megabytes")] = 256
    token: Annotated[Secret, Meta(description="a secret")] = Secret("")


def test_the_environment_names_the_file(file: Path, tmp_path: Path) -> None:
    environ = {"HEADWATER_CONFIG_FILE": str(file)}
    assert load(Settings, environ=environ).port == 1
    assert load(Settings, environ={**environ, "HEADWATER_PORT": "2"}).port == 2
    other = tmp_path / "other.toml"
    other.write_text("port = 7\n")
    assert load(Settings, environ=environ, file=other).port == 7
    assert load(Settings, environ={"HEADWATER_CONFIG_FILE": ""}).port == 8080


@pytest.mark.parametrize(("name", "said"), [("none.toml", "No such file"), ("", "Is a directory")])
def test_a_file_that_the_environment_names_must_be_one(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=f"cannot read the settings file .*{name}: {said}"):
        load(Settings, environ={"HEADWATER_CONFIG_FILE": str(tmp_path / name)})


def test_each_value_shows_its_source(file: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush\n")
    environ = {"HEADWATER_PORT": "2", "HEADWATER_TOKEN_FILE": str(tmp_path / "token")}
    sources = load_with_sources(
        Settings, environ=environ, file=file, flags={"quick": "true"}, defaults={"ratio": 0.5, "port": 9}
    ).sources
    assert sources == {
        "log_level": "default",
        "port": "HEADWATER_PORT",
        "mode": f"`mode` in {file}",
        "names": f"`names` in {file}",
        "quick": "--quick",
        "ratio": "default of this mode",
        "token": "HEADWATER_TOKEN_FILE",
    }


def test_a_wrong_value_of_the_file_is_named_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "headwater.toml").write_text('port = "many"\n')
    with pytest.raises(SettingsError, match=r"`port` in .*headwater\.toml: .*many"):
        load(Settings, environ={}, file=tmp_path / "headwater.toml")


def test_what_only_the_other_mode_uses_keeps_its_default() -> None:
    environ = {"HEADWATER_BOTH": "2", "HEADWATER_PORT": "no number", "HEADWATER_FLOOR": "3"}
    settings, sources = load_with_sources(Marked, environ=environ, mode="embedded")
    assert (settings.both, settings.port, settings.floor) == (2, 8080, 3)
    assert sources["port"] == "default"
    with pytest.raises(SettingsError, match="HEADWATER_PORT"):
        load_with_sources(Marked, environ=environ, mode="distributed")


def test_a_setting_has_its_mode_its_flag_and_its_source() -> None:
    described = {setting.name: setting for setting in describe(Marked)}
    assert [name for name, setting in described.items() if not setting.used_in("embedded")] == ["port"]
    assert [name for name, setting in described.items() if not setting.used_in("distributed")] == ["floor"]
    assert (described["port"].flag, described["floor"].flag) == ("--port", "")
    environ = {"HEADWATER_TOKEN_FILE": "x", "HEADWATER_PORT": "1", "HEADWATER_PORT_FILE": "x"}
    assert described["token"].given(environ, {"token": "x"}) == ["HEADWATER_TOKEN_FILE", "`token`"]
    assert described["port"].given(environ, {}) == ["HEADWATER_PORT"]
    assert described["both"].given(environ, {}) == []


def test_the_mode_is_one_of_two() -> None:
    assert [mode_of({}), mode_of({"HEADWATER_MODE": ""})] == ["embedded", "embedded"]
    assert [mode_of({"HEADWATER_MODE": mode}) for mode in ("embedded", "distributed")] == ["embedded", "distributed"]
    with pytest.raises(SettingsError, match="HEADWATER_MODE is 'cluster': give embedded or distributed"):
        mode_of({"HEADWATER_MODE": "cluster"})
