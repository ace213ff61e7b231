"""A browser's complete session through the gateway to auth and back."""

from pathlib import Path

import flask
import pytest

from headwater.auth import accounts
from headwater.auth.hashing import Hasher
from headwater.auth.store import Store, open_store
from headwater.embedded.services import API_GATEWAY
from headwater.embedded.services import AUTH as AUTH_SERVICE
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.web.forward import wsgi_upstream
from tests.hosting import application
from tests.security.programs import PEPPER

PASSWORD = "violet harbour at noon"
OWN_PAGE = {"X-Headwater-Client": "web", "Sec-Fetch-Site": "same-origin"}
AUTH = "/api/v1/auth"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = open_store(f"sqlite:///{tmp_path / 'auth.db'}", pepper=PEPPER, hasher=Hasher(memory_kib=8))
    accounts.create_user(made, "ada", PASSWORD, roles=["owner"])
    return made


@pytest.fixture
def gateway(store: Store) -> flask.Flask:
    verifier = Verifier(store.identity_feed(), PEPPER, Secret("service"))
    identity = application(AUTH_SERVICE, engine=store.engine, verifier=verifier, also={Store: store})
    upstreams = {owner: wsgi_upstream(identity) for owner in ("auth", "metrics-engine", "alerting")}
    return application(API_GATEWAY, upstreams=upstreams, verifier=verifier)


def test_log_in_read_refresh_and_leave(gateway: flask.Flask) -> None:
    client = gateway.test_client()
    opened = client.post(f"{AUTH}/login", json={"username": "ada", "password": PASSWORD}, headers=OWN_PAGE)
    assert opened.status_code == 200
    headers = {"Authorization": f"Bearer {opened.get_json()['access_token']}"}
    assert client.get(f"{AUTH}/me", headers=headers).get_json()["username"] == "ada"
    assert client.get("/api/v1/audit", headers=headers).get_json()["items"][0]["action"] == "login"
    made = client.post("/api/v1/keys", json={"name": "loader"}, headers=headers)
    assert made.status_code == 201
    renewed = client.post(f"{AUTH}/refresh", headers=OWN_PAGE)
    assert renewed.status_code == 200
    fresh = {"Authorization": f"Bearer {renewed.get_json()['access_token']}"}
    assert client.post(f"{AUTH}/logout", headers=OWN_PAGE).status_code == 204
    assert client.get(f"{AUTH}/me", headers=fresh).status_code == 401
    assert client.get("/api/v1/stats", headers=fresh).status_code == 401


def test_the_gateway_hides_nothing_that_protects_the_cookie(gateway: flask.Flask) -> None:
    client = gateway.test_client()
    client.post(f"{AUTH}/login", json={"username": "ada", "password": PASSWORD})
    foreign = {**OWN_PAGE, "Sec-Fetch-Site": "cross-site"}
    assert client.post(f"{AUTH}/refresh", headers=foreign).status_code == 403
    assert client.post(f"{AUTH}/refresh").status_code == 403
    assert client.post(f"{AUTH}/refresh", headers=OWN_PAGE).status_code == 200


def test_wrong_log_ins_are_slowed_down_by_the_callers_address(gateway: flask.Flask) -> None:
    client = gateway.test_client()
    from_one, from_other = {"REMOTE_ADDR": "10.0.0.1"}, {"REMOTE_ADDR": "10.0.0.2"}

    def tried(number: int, where: dict[str, str]) -> int:
        asked = {"username": f"name{number}", "password": "wrong"}
        forged = {"X-Forwarded-For": f"9.9.9.{number}", "Headwater-Client-Address": f"9.9.9.{number}"}
        return client.post(f"{AUTH}/login", json=asked, headers=forged, environ_base=where).status_code

    assert [tried(number, from_one) for number in range(51)] == [401] * 50 + [429]
    assert tried(99, from_other) == 401
