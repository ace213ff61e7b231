"""Every route of every service, against the written policy and by every role."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import flask
import pytest

from headwater.auth import accounts
from headwater.auth.hashing import Hasher
from headwater.auth.keys import KEY_PERMISSIONS
from headwater.auth.people import Target
from headwater.auth.signing import access_token
from headwater.auth.store import Store, open_store
from headwater.contracts.identity import Binding
from headwater.contracts.permissions import EVERY_USER, PERMISSIONS, ROLES
from headwater.contracts.times import utc_now
from headwater.runtime.identity.verifier import LocalIdentityFeed, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.web.application import routes
from tests.security.policy import OPERATIONS, POLICY
from tests.security.programs import PEPPER, programs

PASSWORD = "violet harbour at noon"
SERVICE_TOKEN = Secret("a service token for tests")
UNDECLARED_METHODS = ("HEAD", "OPTIONS")


class Principals:
    """A user of each role, and a key of each, created with every permission while its owner still held them."""

    def __init__(self, store: Store) -> None:
        self.headers: dict[str, dict[str, str]] = {"nobody": {}, "forger": {"Authorization": "Bearer hw_forged"}}
        self.held: dict[str, frozenset[str]] = {"nobody": frozenset(), "forger": frozenset()}
        accounts.ensure_admin(store)
        for role in ROLES:
            subject = accounts.create_user(store, f"some_{role.name}", PASSWORD, roles=["owner"])
            key = accounts.create_key(store, role.name, KEY_PERMISSIONS, annotate=[""], owner=Target(subject))
            accounts.set_bindings(store, Target(subject), [Binding(role.name)])
            self._add(role.name, _token(store, subject), role.permissions | {EVERY_USER})
            self._add(f"key of {role.name}", key.secret, role.permissions - {EVERY_USER})
        self._add("service", SERVICE_TOKEN.reveal(), frozenset({"internal:read"}))
        self.state = store.identity_snapshot()

    def _add(self, name: str, credentials: str, held: frozenset[str]) -> None:
        self.headers[name] = {"Authorization": f"Bearer {credentials}"}
        self.held[name] = held


def _token(store: Store, subject: str) -> str:
    return access_token(store.signing_key(), subject=subject, epoch=2, sid="s", now=utc_now(), seconds=300)


@pytest.fixture(scope="module")
def principals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Principals]:
    database = f"sqlite:///{tmp_path_factory.mktemp('principals') / 'auth.db'}"
    store = open_store(database, pepper=PEPPER, hasher=Hasher(memory_kib=8))
    yield Principals(store)
    store.close()


@pytest.fixture(scope="module")
def served(principals: Principals, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, flask.Flask]:
    verifier = Verifier(LocalIdentityFeed(lambda: principals.state), PEPPER, SERVICE_TOKEN)
    directory: Path = tmp_path_factory.mktemp("security")
    found = programs(verifier, directory)
    for app in found.values():
        for endpoint in app.view_functions:
            app.view_functions[endpoint] = reached
    return found


def reached(**parts: str) -> flask.Response:
    """In place of every view: a request that gets here was authorised."""
    return flask.Response(status=299)


def declared(app: flask.Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - set(UNDECLARED_METHODS)):
            yield method, rule.rule


def test_every_route_declares_what_the_policy_says(principals: Principals, tmp_path: Path) -> None:
    verifier = Verifier(LocalIdentityFeed(lambda: principals.state), PEPPER, SERVICE_TOKEN)
    for service, app in programs(verifier, tmp_path).items():
        found = {
            f"{method} {rule.rule}": said.permission
            for rule, said in routes(app)
            for method in (rule.methods or set()) - set(UNDECLARED_METHODS)
        }
        expected = POLICY[service] | {f"GET {path}": None for path in OPERATIONS}
        assert found == expected, service


def test_every_public_route_says_why(principals: Principals, tmp_path: Path) -> None:
    verifier = Verifier(LocalIdentityFeed(lambda: principals.state), PEPPER, SERVICE_TOKEN)
    for app in programs(verifier, tmp_path).values():
        for rule, said in routes(app):
            assert said.permission is not None or len(said.why) >= 10, rule


def test_each_role_reaches_what_its_permissions_say_and_nothing_else(
    served: Mapping[str, flask.Flask], principals: Principals
) -> None:
    differences = []
    for service, app in served.items():
        client = app.test_client()
        for method, rule in declared(app):
            needed = (POLICY[service] | {f"GET {path}": None for path in OPERATIONS})[f"{method} {rule}"]
            for principal, headers in principals.headers.items():
                if needed is None or needed in principals.held[principal]:
                    expected = 299
                else:
                    expected = 401 if principal in ("nobody", "forger") else 403
                status = client.open(path_of(rule), method=method, headers=headers).status_code
                if status != expected:
                    differences.append((service, method, rule, principal, status, expected))
    assert differences == []


def path_of(rule: str) -> str:
    """A path that the rule matches."""
    pieces = ["a1" if piece.startswith("<") else piece for piece in rule.split("/")]
    return "/".join(pieces) or "/"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "PROPFIND", "GET ", "get"])
def test_hidden_verbs_open_nothing(served: Mapping[str, flask.Flask], method: str) -> None:
    for service, app in served.items():
        client = app.test_client()
        for path, needed in POLICY[service].items():
            verb, _, rule = path.partition(" ")
            if needed is None or f"{method} {rule}" in POLICY[service]:
                continue
            status = client.open(path_of(rule), method=method).status_code
            assert status in (400, 401, 404, 405), (service, method, verb, rule, status)


@pytest.mark.parametrize(
    "trick",
    ["//{}", "/./{}", "/x/../{}", "/{}/", "/{}%2f", "/{};x=1", "/{}%00", "/%2e/{}", "/{}?%00", "/{}/.", "/{}%20"],
)
def test_path_tricks_open_nothing(served: Mapping[str, flask.Flask], trick: str) -> None:
    for service, app in served.items():
        client = app.test_client()
        for path, needed in POLICY[service].items():
            method, _, rule = path.partition(" ")
            if needed is None:
                continue
            answered = client.open(trick.format(path_of(rule).lstrip("/")), method=method)
            page = service == "api-gateway" and method == "GET" and not answered.request.path.startswith("/api")
            assert answered.status_code in (401, 404, 405, 421) or page, (service, method, trick, rule)


def test_the_policy_names_permissions_that_exist() -> None:
    known = {permission.name for permission in PERMISSIONS}
    named = {permission for rules in POLICY.values() for permission in rules.values() if permission is not None}
    assert named <= known
