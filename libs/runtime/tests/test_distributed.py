"""The adapters of a distributed installation follow from what a service needs; a missing setting is named."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from headwater.runtime.hosting.adapter_settings import OnBus, OnDatabase, OnGraph, WithIdentity
from headwater.runtime.hosting.distributed import bind
from headwater.runtime.hosting.host import checked_needs, prepare
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Needs, Service
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.settings import Secret, ServiceSettings, SettingsError
from headwater.runtime.storage.transactions import Database

THINGS = Database(name="things", head="0001", migrations=Path(__file__).parent / "migrations", pragmas=())


class Settings(OnDatabase, WithIdentity, frozen=True, kw_only=True):
    """Settings of a service with tables that checks credentials."""


def bound(settings: ServiceSettings, **needs: object) -> Parts:
    service = Service(name="example", about="", settings=type(settings), needs=Needs(**needs))  # type: ignore[arg-type]
    return bind(service, settings, prepare(service, settings))


def test_each_need_brings_its_adapter_and_the_check_of_it(tmp_path: Path) -> None:
    url = Secret(f"sqlite:///{tmp_path / 'things.db'}")
    parts = bound(Settings(database_url=url, pepper=Secret("p" * 32)), database=THINGS, identity=True)
    assert {sa.Engine in parts, Verifier in parts} == {True}
    parts.checks["database"]()
    parts.close()


@pytest.mark.parametrize("needs", [Needs(bus=True), Needs(graph="read"), Needs(graph="write")], ids=str)
def test_readiness_checks_a_server_under_the_name_of_the_need(needs: Needs) -> None:
    class Servers(OnBus, OnGraph, frozen=True, kw_only=True):
        """Settings of a service on both servers."""

    parts = bound(Servers(), **needs._asdict())
    assert list(parts.checks) == checked_needs(needs), "headwater.runtime.hosting.distributed binds it without a check"
    parts.close()


def test_a_service_without_needs_gets_no_adapter() -> None:
    parts = bound(Settings())
    assert not parts.checks
    assert Verifier not in parts


def test_a_database_without_a_url_is_refused_with_the_remedy() -> None:
    with pytest.raises(SettingsError, match="database_url is not set: give HEADWATER_DATABASE_URL_FILE"):
        bound(Settings(), database=THINGS)


def test_settings_that_lack_those_of_a_need_are_a_mistake_of_the_declaration() -> None:
    class Bare(ServiceSettings, frozen=True, kw_only=True):
        """No settings of its own."""

    with pytest.raises(TypeError, match="example: its settings must include OnBus"):
        bound(Bare(), bus=True)
