"""Foreign host names and pages of other sites against every route of every program, in open modes too."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import flask
import pytest

from headwater.contracts.identity import IdentityChanges
from headwater.contracts.permissions import PERMISSIONS
from headwater.runtime.identity.verifier import LocalIdentityFeed, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.web.hosts import SAFE_METHODS
from tests.security.programs import PEPPER, programs
from tests.security.test_routes import declared, path_of, reached

EVERYTHING = frozenset(permission.name for permission in PERMISSIONS)
FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)
OURS: tuple[dict[str, str], ...] = ({}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, flask.Flask]:
    """Every program, with open reads and open ingest."""
    state = IdentityChanges(cursor=1, jwks={"keys": []}, pepper_id="p", keys=[], subjects=[])
    verifier = Verifier(LocalIdentityFeed(lambda: state), PEPPER, Secret("token"), open_permissions=EVERYTHING)
    directory: Path = tmp_path_factory.mktemp("security")
    found = programs(verifier, directory)
    for app in found.values():
        for endpoint in app.view_functions:
            app.view_functions[endpoint] = reached
    return found


def answers(
    served: Mapping[str, flask.Flask], name: str, headers: Mapping[str, str]
) -> Iterator[tuple[str, str, str, int]]:
    """Program, method, rule and status of every route, called by `name`; empty is the program's own."""
    for service, app in served.items():
        client = app.test_client()
        for method, rule in declared(app):
            base = f"http://{name or service}:8000"
            yield (
                service,
                method,
                rule,
                client.open(path_of(rule), method=method, base_url=base, headers=dict(headers)).status_code,
            )


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "kafka"])
def test_no_route_answers_to_a_name_that_is_not_ours(served: Mapping[str, flask.Flask], name: str) -> None:
    assert [found for found in answers(served, name, {}) if found[3] != 421] == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "10.244.0.7", ""])
def test_every_route_answers_to_loopback_addresses_and_its_own_name(
    served: Mapping[str, flask.Flask], name: str
) -> None:
    assert [found for found in answers(served, name, {}) if found[3] != 299] == []


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_foreign_page_changes_anything(served: Mapping[str, flask.Flask], headers: dict[str, str]) -> None:
    changing = [found for found in answers(served, "localhost", headers) if found[1] not in SAFE_METHODS]
    assert len(changing) > 20
    assert [found for found in changing if found[3] != 403] == []


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_own_pages_and_programs_without_a_browser_change_things(
    served: Mapping[str, flask.Flask], headers: dict[str, str]
) -> None:
    for service, app in served.items():
        client = app.test_client()
        for method, rule in declared(app):
            assert client.open(path_of(rule), method=method, headers=headers).status_code == 299, (service, rule)
