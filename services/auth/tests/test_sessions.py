"""Logging in, refreshing and logging out: over HTTP, on both databases."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError

from headwater.auth import accounts, people, trail
from headwater.auth.hashing import Hasher
from headwater.auth.people import named
from headwater.auth.sessions import Policy, Sessions
from headwater.auth.settings import Settings
from headwater.auth.store import Store, open_store
from headwater.contracts.problems import Problems
from headwater.runtime.settings import SettingsError, load
from headwater.runtime.web.problem import Problem

from .callers import OWN_CLIENT, PASSWORD, PEPPER, Clock, LogIn, Made, actions, cheap_hasher

LOGIN = "/api/v1/auth/login"
REFRESH = "/api/v1/auth/refresh"
ME = "/api/v1/auth/me"
COOKIE = "headwater_refresh_8080"


def test_a_login_returns_the_user_and_their_permissions(log_in: LogIn, store: Store) -> None:
    ada = log_in()
    me = ada.client.get(ME, headers=ada.headers)
    assert me.status_code == 200
    assert me.get_json()["username"] == "ada"
    assert me.get_json()["subject"] == ada.subject
    assert me.get_json()["roles"] == ["viewer"]
    assert "lineage:read" in me.get_json()["permissions"]
    assert "user:manage" not in me.get_json()["permissions"]
    assert actions(store)[-1] == ("login", "done")


def test_names_are_the_same_in_any_case_and_width(app: flask.Flask, log_in: LogIn) -> None:
    log_in("Ada")
    answered = app.test_client().post(LOGIN, json={"username": "ＡＤＡ", "password": PASSWORD})
    assert answered.status_code == 200


def test_wrong_unknown_and_disabled_get_the_same_answer_after_the_same_work(
    app: flask.Flask, log_in: LogIn, store: Store
) -> None:
    log_in("ada")
    log_in("gone")
    accounts.disable_user(store, named("gone"))
    answers = []
    for username, password in [
        ("ada", "wrong wrong wrong"),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("ada", ""),
        ("ada", "x" * 5000),
        ("ada", PASSWORD + "\x01"),
    ]:
        before = store.hasher.computed  # type: ignore[attr-defined]
        answered = app.test_client().post(LOGIN, json={"username": username, "password": password})
        answers.append((answered.status_code, {**answered.get_json(), "instance": ""}, sorted(answered.headers.keys())))
        assert store.hasher.computed == before + 1  # type: ignore[attr-defined]
    assert answers[0][0] == 401
    assert all(answer == answers[0] for answer in answers)
    assert actions(store)[-6:] == [("login", "refused")] * 6


def test_a_password_counts_verbatim_in_either_unicode_form(app: flask.Flask, store: Store) -> None:
    accounts.create_user(store, "zoe", "crème brûlée à midi")
    spelt = "cre\u0300me bru\u0302le\u0301e a\u0300 midi"
    assert app.test_client().post(LOGIN, json={"username": "zoe", "password": spelt}).status_code == 200
    padded = app.test_client().post(LOGIN, json={"username": "zoe", "password": " " + spelt})
    assert padded.status_code == 401


def test_an_old_cheap_hash_is_replaced_at_login(app: flask.Flask, store: Store, log_in: LogIn) -> None:
    ada = log_in()
    weak = Hasher(memory_kib=8)
    store.hasher = Hasher(memory_kib=16)
    with store.reading() as connection:
        before = people.by_subject(connection, ada.subject)
    assert before is not None
    assert weak.verify(PASSWORD, str(before.password_hash)) == (True, None)
    app.test_client().post(LOGIN, json={"username": "ada", "password": PASSWORD})
    with store.reading() as connection:
        after = people.by_subject(connection, ada.subject)
    assert after is not None
    assert "m=16," in str(after.password_hash)


def test_guessing_is_slowed_down_alike_for_known_and_unknown_names(
    app: flask.Flask, log_in: LogIn, clock: Clock
) -> None:
    log_in("ada")
    for name in ("ada", "nobody"):
        client = app.test_client()
        seen = [client.post(LOGIN, json={"username": name, "password": "wrong"}).status_code for _ in range(6)]
        assert seen == [401] * 5 + [429]
    answered = app.test_client().post(LOGIN, json={"username": "ada", "password": PASSWORD})
    assert answered.status_code == 429
    assert answered.headers["Retry-After"] == "1"
    clock.advance(seconds=1)
    assert app.test_client().post(LOGIN, json={"username": "ada", "password": PASSWORD}).status_code == 200


def test_the_refresh_token_is_a_cookie_that_scripts_and_other_sites_cannot_use(log_in: LogIn) -> None:
    ada = log_in()
    cookie = ada.client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Strict"
    assert cookie.path == "/"


def test_behind_https_the_cookie_is_bound_to_host_and_transport(
    make_app: Made, settings: Settings, store: Store
) -> None:
    accounts.create_user(store, "ada", PASSWORD)
    app = make_app(dataclasses.replace(settings, public_url="https://headwater.example"))
    answered = app.test_client().post(LOGIN, json={"username": "ada", "password": PASSWORD})
    said = answered.headers["Set-Cookie"]
    assert said.startswith("__Host-headwater_refresh=")
    assert "Secure" in said
    assert "Domain" not in said


def test_a_refresh_gives_new_tokens_and_the_old_one_is_spent(log_in: LogIn, store: Store) -> None:
    ada = log_in()
    first = ada.client.get_cookie(COOKIE)
    answered = ada.client.post(REFRESH, headers=OWN_CLIENT)
    second = ada.client.get_cookie(COOKIE)
    assert answered.status_code == 200
    assert first is not None
    assert second is not None
    assert first.value != second.value
    fresh = {"Authorization": f"Bearer {answered.get_json()['access_token']}"}
    assert ada.client.get(ME, headers=fresh).status_code == 200
    assert actions(store)[-1] == ("token.refresh", "done")


def test_a_refresh_token_used_twice_ends_the_session(log_in: LogIn, store: Store) -> None:
    ada = log_in()
    stolen = ada.client.get_cookie(COOKIE)
    assert stolen is not None
    ada.client.post(REFRESH, headers=OWN_CLIENT)
    thief = ada.client.application.test_client()
    thief.set_cookie(COOKIE, stolen.value)
    assert thief.post(REFRESH, headers=OWN_CLIENT).status_code == 401
    assert actions(store)[-1] == ("token.reuse", "refused")
    assert ada.client.post(REFRESH, headers=OWN_CLIENT).status_code == 401
    assert ada.client.get(ME, headers=ada.headers).status_code == 401


def test_of_many_parallel_uses_of_a_refresh_token_one_wins(log_in: LogIn, store: Store) -> None:
    ada = log_in()
    cookie = ada.client.get_cookie(COOKIE)
    assert cookie is not None
    sessions = Sessions(store, Policy())
    store.signing_key()

    def use(_: int) -> Problems | None:
        try:
            sessions.refresh(cookie.value)
        except Problem as problem:
            return problem.problem
        return None

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(use, range(20)))
    assert sorted(map(str, outcomes)) == sorted(map(str, [None] + [Problems.UNAUTHENTICATED] * 19))
    assert [found for found in actions(store) if found[0] == "token.reuse"] == [("token.reuse", "refused")]


def test_sessions_survive_a_restart_and_a_spent_token_stays_spent(
    log_in: LogIn, store: Store, database_url: str, clock: Clock
) -> None:
    ada = log_in()
    cookie = ada.client.get_cookie(COOKIE)
    assert cookie is not None
    again = open_store(database_url, pepper=PEPPER, hasher=cheap_hasher(), clock=clock)
    sessions = Sessions(again, Policy())
    assert sessions.refresh(cookie.value).subject == ada.subject
    with pytest.raises(Problem):
        sessions.refresh(cookie.value)
    again.close()


@pytest.mark.parametrize("seconds", [43_200, 604_800])
def test_a_session_ends_when_idle_or_old(log_in: LogIn, clock: Clock, seconds: int) -> None:
    ada = log_in()
    passed = 0
    while passed + 40_000 < seconds and seconds > 43_200:
        clock.advance(seconds=40_000)
        passed += 40_000
        assert ada.client.post(REFRESH, headers=OWN_CLIENT).status_code == 200
    clock.advance(seconds=seconds - passed)
    assert ada.client.post(REFRESH, headers=OWN_CLIENT).status_code == 401


def _login(client: FlaskClient) -> dict[str, Any]:
    answered: dict[str, Any] = client.post(LOGIN, json={"username": "ada", "password": PASSWORD}).get_json()
    return answered


def test_the_settings_of_sessions_are_honoured(make_app: Made, settings: Settings, store: Store, clock: Clock) -> None:
    accounts.create_user(store, "ada", PASSWORD)
    short = dataclasses.replace(settings, access_seconds=60, session_idle_seconds=300, session_seconds=700)
    client = make_app(short).test_client()
    opened = _login(client)
    bearer = {"Authorization": f"Bearer {opened['access_token']}"}
    assert opened["expires_in"] == 60
    assert client.get(ME, headers=bearer).status_code == 200
    clock.advance(seconds=120)
    assert client.get(ME, headers=bearer).status_code == 401
    statuses = []
    for seconds in (170, 290, 110, 20):  # 690 s after the login, then 710
        clock.advance(seconds=seconds)
        statuses.append(client.post(REFRESH, headers=OWN_CLIENT).status_code)
    assert statuses == [200, 200, 200, 401]
    _login(client)
    clock.advance(seconds=301)
    assert client.post(REFRESH, headers=OWN_CLIENT).status_code == 401


def test_the_oldest_session_ends_at_the_limit(make_app: Made, settings: Settings, store: Store, clock: Clock) -> None:
    accounts.create_user(store, "ada", PASSWORD)
    app = make_app(dataclasses.replace(settings, session_limit=2))
    clients = [app.test_client() for _ in range(3)]
    for client in clients:
        _login(client)
        clock.advance(seconds=1)
    assert [client.post(REFRESH, headers=OWN_CLIENT).status_code for client in clients] == [401, 200, 200]


@pytest.mark.parametrize(("role", "held"), [("engineer", ["engineer"]), ("", [])])
def test_registered_accounts_get_the_role_of_the_setting(
    make_app: Made, settings: Settings, role: Literal["engineer", ""], held: list[str]
) -> None:
    opened = dataclasses.replace(settings, registration="open", registration_role=role)
    asked = {"username": "ada", "password": PASSWORD, "display_name": "Ada"}
    made = make_app(opened).test_client().post("/api/v1/auth/register", json=asked)
    assert (made.status_code, made.get_json()["roles"]) == (201, held)


@pytest.mark.parametrize("role", ["owner", "admin", "security_auditor", "editor"])
def test_no_stranger_may_register_as_an_administrator(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setenv("HEADWATER_REGISTRATION_ROLE", role)
    with pytest.raises(SettingsError, match="REGISTRATION_ROLE"):
        load(Settings)


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Headwater-Client": "web", "Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-origin"}],
)
@pytest.mark.parametrize("path", [REFRESH, "/api/v1/auth/logout"])
def test_another_site_cannot_use_the_cookie(log_in: LogIn, path: str, headers: dict[str, str]) -> None:
    ada = log_in()
    assert ada.client.post(path, headers=headers).status_code == 403
    assert ada.client.post(REFRESH, headers=OWN_CLIENT).status_code == 200


def test_logging_out_ends_the_session(log_in: LogIn, store: Store) -> None:
    ada = log_in()
    answered = ada.client.post("/api/v1/auth/logout", headers=OWN_CLIENT)
    assert answered.status_code == 204
    assert ada.client.get_cookie(COOKIE) is None
    assert ada.client.get(ME, headers=ada.headers).status_code == 401
    assert actions(store)[-1] == ("logout", "done")


def test_an_access_token_lives_five_minutes(log_in: LogIn, clock: Clock) -> None:
    ada = log_in()
    clock.advance(seconds=299)
    assert ada.client.get(ME, headers=ada.headers).status_code == 200
    clock.advance(seconds=1)
    assert ada.client.get(ME, headers=ada.headers).status_code == 401


def test_own_sessions_are_listed_and_ended(app: flask.Flask, log_in: LogIn) -> None:
    ada, eve = log_in("ada"), log_in("eve")
    app.test_client().post(LOGIN, json={"username": "ada", "password": PASSWORD})
    items = ada.client.get("/api/v1/auth/sessions", headers=ada.headers).get_json()["items"]
    assert [item["current"] for item in items].count(True) == 1
    other = next(item["id"] for item in items if not item["current"])
    foreign = eve.client.delete(f"/api/v1/auth/sessions/{other}", headers=eve.headers)
    assert foreign.status_code == 404
    assert ada.client.delete(f"/api/v1/auth/sessions/{other}", headers=ada.headers).status_code == 204
    renewed = ada.client.post(REFRESH, headers=OWN_CLIENT)
    assert renewed.status_code == 200
    headers = {"Authorization": f"Bearer {renewed.get_json()['access_token']}"}
    assert len(ada.client.get("/api/v1/auth/sessions", headers=headers).get_json()["items"]) == 1
    assert ada.client.delete("/api/v1/auth/sessions", headers=headers).status_code == 204
    assert ada.client.post(REFRESH, headers=OWN_CLIENT).status_code == 401


def test_the_oldest_session_makes_room(log_in: LogIn, store: Store, clock: Clock) -> None:
    ada = log_in()
    sessions = Sessions(store, Policy(limit=2))
    clock.advance(seconds=1)
    second = sessions.login("ada", PASSWORD, address="::1")
    clock.advance(seconds=1)
    sessions.login("ada", PASSWORD, address="::1")
    assert ada.client.post(REFRESH, headers=OWN_CLIENT).status_code == 401
    assert sessions.refresh(second.refresh).subject == ada.subject


def test_a_new_password_needs_the_old_and_ends_other_sessions(app: flask.Flask, log_in: LogIn, store: Store) -> None:
    ada = log_in()
    other = app.test_client()
    other.post(LOGIN, json={"username": "ada", "password": PASSWORD})
    path, new = "/api/v1/auth/password", "seven grey geese fly"
    wrong = ada.client.post(path, json={"current": "no", "new": new}, headers=ada.headers)
    assert wrong.status_code == 403
    short = ada.client.post(path, json={"current": PASSWORD, "new": "short"}, headers=ada.headers)
    assert short.status_code == 422
    assert short.get_json()["errors"][0]["field"] == "new"
    assert ada.client.post(path, json={"current": PASSWORD, "new": new}, headers=ada.headers).status_code == 204
    assert actions(store)[-1] == ("password.change", "done")
    assert ada.client.post(REFRESH, headers=OWN_CLIENT).status_code == 200
    assert other.post(REFRESH, headers=OWN_CLIENT).status_code == 401
    assert app.test_client().post(LOGIN, json={"username": "ada", "password": new}).status_code == 200


def test_strangers_cannot_register_unless_it_is_opened(make_app: Made, settings: Settings) -> None:
    asked = {"username": "ada", "password": PASSWORD, "display_name": "Ada"}
    closed = make_app(settings).test_client().post("/api/v1/auth/register", json=asked)
    assert closed.status_code == 403
    client = make_app(dataclasses.replace(settings, registration="open")).test_client()
    promoted = client.post("/api/v1/auth/register", json={**asked, "role": "owner"})
    assert promoted.status_code == 422
    made = client.post("/api/v1/auth/register", json=asked)
    assert made.status_code == 201
    assert made.get_json()["roles"] == ["viewer"]
    assert client.post("/api/v1/auth/register", json={**asked, "username": "ADA"}).status_code == 409


def test_the_audit_trail_holds_together_and_shows_what_was_changed(log_in: LogIn, store: Store) -> None:
    log_in().client.post(REFRESH, headers=OWN_CLIENT)
    with store.reading() as connection:
        found = trail.read(connection)
    assert len(found) >= 4
    assert trail.first_broken(found) is None
    changed = found[1]._replace(event=found[2].event)
    assert trail.first_broken([found[0], changed, *found[2:]]) == 2
    assert trail.first_broken([found[0], *found[2:]]) == 3


@pytest.mark.parametrize("statement", ["DELETE FROM audit", "UPDATE audit SET actor = 'nobody'"])
def test_the_database_refuses_to_rewrite_the_audit_trail(store: Store, log_in: LogIn, statement: str) -> None:
    log_in()
    with pytest.raises(DBAPIError, match="append-only"), store.writing() as connection:
        connection.execute(sa.text(statement))


def test_a_client_fetches_a_token_for_its_key_with_a_form(app: flask.Flask, store: Store, log_in: LogIn) -> None:
    key = accounts.create_key(store, "loader", ["key:manage"], ["team/"])
    client = app.test_client()
    form = {"apikey": key.secret, "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "response_type": "token"}
    answered = client.post("/api/v1/auth/token", data=form)
    assert answered.status_code == 200
    assert answered.get_json()["expires_in"] == 300
    headers = {"Authorization": f"Bearer {answered.get_json()['access_token']}"}
    assert client.get("/api/v1/keys", headers=headers).status_code == 200
    accounts.revoke_key(store, key.id)
    assert client.get("/api/v1/keys", headers=headers).status_code == 401
    assert client.post("/api/v1/auth/token", data=form).status_code == 401
    assert client.post("/api/v1/auth/token", json=form).status_code == 415
    assert client.post("/api/v1/auth/token", data={"apikey": log_in().headers["Authorization"][7:]}).status_code == 401
