"""Guessing is slowed down, and a stranger's guesses do not lock the owner out."""

import dataclasses
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import flask
import pytest
from flask.testing import FlaskClient

from headwater.auth import accounts, attempts, devices
from headwater.auth.hashing import Hasher
from headwater.auth.people import named
from headwater.auth.sessions import Policy, Sessions
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem

from .callers import OWN_CLIENT, PASSWORD, Clock, LogIn, Made, actions

LOGIN = "/api/v1/auth/login"
CHANGE = "/api/v1/auth/password"
HERE: Mapping[str, str] = {"REMOTE_ADDR": "192.0.2.1"}
THERE: Mapping[str, str] = {"REMOTE_ADDR": "198.51.100.1"}


def login(client: FlaskClient, name: str, password: str, where: Mapping[str, str] = HERE) -> int:
    asked = {"username": name, "password": password}
    return client.post(LOGIN, json=asked, environ_base=dict(where)).status_code


def guesses(app: flask.Flask, name: str, times: int, where: Mapping[str, str] = HERE) -> list[int]:
    """The response to a stranger without cookies."""
    return [login(app.test_client(), name, f"wrong {number}", where) for number in range(times)]


def device_cookie(client: FlaskClient, store: Store, name: str) -> str:
    found = client.get_cookie(f"headwater_{devices.cookie_name(store, name)}_8080")
    assert found is not None
    assert found.http_only
    assert found.same_site == "Strict"
    return found.value


def with_device(app: flask.Flask, store: Store, name: str, token: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie(f"headwater_{devices.cookie_name(store, name)}_8080", token)
    return client


@pytest.mark.parametrize("where", [HERE, THERE])
def test_a_strangers_guesses_do_not_lock_the_owner_out(app: flask.Flask, log_in: LogIn, where: dict[str, str]) -> None:
    ada = log_in("ada")
    assert guesses(app, "ada", 60, where)[5:] == [429] * 55
    assert login(ada.client, "ada", PASSWORD, where) == 200
    assert ada.client.post("/api/v1/auth/refresh", headers=OWN_CLIENT).status_code == 200


def test_one_stranger_makes_nobody_else_wait_for_a_name_and_many_do(app: flask.Flask, log_in: LogIn) -> None:
    log_in("ada")
    guesses(app, "ada", 20)
    assert login(app.test_client(), "ada", PASSWORD, HERE) == 429
    assert login(app.test_client(), "ada", PASSWORD, THERE) == 200
    for number in range(5):
        guesses(app, "ada", 5, {"REMOTE_ADDR": f"203.0.113.{number}"})
    assert login(app.test_client(), "ada", PASSWORD, THERE) == 429


def test_a_known_device_is_slowed_down_too_by_itself(app: flask.Flask, log_in: LogIn, clock: Clock) -> None:
    ada = log_in("ada")
    assert [login(ada.client, "ada", "wrong") for _ in range(7)] == [401] * 5 + [429] * 2
    assert login(ada.client, "ada", PASSWORD) == 429
    assert login(app.test_client(), "ada", PASSWORD) == 200
    clock.advance(seconds=1)
    assert login(ada.client, "ada", PASSWORD) == 200
    assert login(ada.client, "ada", "wrong") == 401


def test_each_log_in_replaces_the_token_of_the_device(log_in: LogIn, store: Store) -> None:
    ada = log_in("ada")
    first = device_cookie(ada.client, store, "ada")
    login(ada.client, "ada", PASSWORD)
    assert device_cookie(ada.client, store, "ada") != first


def test_two_users_of_one_browser_are_both_known(app: flask.Flask, log_in: LogIn) -> None:
    ada, _ = log_in("ada"), log_in("eve")
    assert login(ada.client, "eve", PASSWORD) == 200
    for name in ("ada", "eve"):
        guesses(app, name, 6)
        assert login(ada.client, name, PASSWORD) == 200


def test_a_device_token_counts_for_its_user_until_it_expires(
    app: flask.Flask, log_in: LogIn, store: Store, clock: Clock
) -> None:
    ada, eve = log_in("ada"), log_in("eve")
    token = device_cookie(ada.client, store, "ada")
    device, expires, signature = token.split(".")
    guesses(app, "ada", 6)
    foreign = (
        device_cookie(eve.client, store, "eve"),
        f"{device}.{int(expires) + 1}.{signature}",
        f"{'0' * 32}.{expires}.{signature}",
        f"{device}.{expires}.{'0' * 64}",
        f"{device}.{expires}",
        "x" * 3000,
        "",
    )
    for forged in foreign:
        assert login(with_device(app, store, "ada", forged), "ada", PASSWORD) == 429
    assert login(with_device(app, store, "ada", token), "ada", PASSWORD) == 200
    clock.advance(seconds=devices.LIFE_SECONDS)
    guesses(app, "ada", 6)
    assert login(with_device(app, store, "ada", token), "ada", PASSWORD) == 429


def test_known_unknown_and_disabled_names_wait_alike(app: flask.Flask, log_in: LogIn, store: Store) -> None:
    log_in("ada")
    log_in("gone")
    accounts.disable_user(store, named("gone"))
    seen = []
    for number, name in enumerate(("ada", "nobody", "gone")):
        answers = [guesses(app, name, 7, {"REMOTE_ADDR": f"192.0.2.{number}"})]
        answers += [guesses(app, name, 5, {"REMOTE_ADDR": f"203.0.{number}.{other}"}) for other in range(6)]
        seen.append(answers)
    assert seen[0][0] == [401] * 5 + [429] * 2
    assert seen[0][-1] == [429] * 5
    assert seen[1] == seen[2] == seen[0]


def test_an_address_of_six_counts_by_its_subscriber(app: flask.Flask, log_in: LogIn) -> None:
    log_in("ada")
    for number in range(5):
        assert guesses(app, "ada", 1, {"REMOTE_ADDR": f"2001:db8:0:7::{number}"}) == [401]
    assert guesses(app, "ada", 1, {"REMOTE_ADDR": "2001:db8:0:7:ffff::1"}) == [429]
    assert guesses(app, "ada", 1, {"REMOTE_ADDR": "2001:db8:0:8::1"}) == [401]


def test_parallel_guesses_do_not_slip_past_one_another(store: Store) -> None:
    accounts.create_user(store, "ada", PASSWORD)
    store.hasher = Hasher(memory_kib=8, threads=64)
    sessions = Sessions(store, Policy())

    def guess(number: int) -> Problems:
        with pytest.raises(Problem) as raised:
            sessions.login("ada", f"wrong {number}", address="192.0.2.1")
        return raised.value.problem

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(guess, range(20)))
    assert (outcomes.count(Problems.UNAUTHENTICATED), outcomes.count(Problems.THROTTLED)) == (5, 15)


def test_who_is_refused_for_want_of_a_thread_has_not_guessed(app: flask.Flask, log_in: LogIn, store: Store) -> None:
    log_in("ada")
    with store.hasher.slot(), store.hasher.slot(), store.hasher.slot(), store.hasher.slot():
        assert guesses(app, "ada", 40) == [503] * 40
    assert guesses(app, "ada", 1) == [401]


def test_the_current_password_cannot_be_guessed_by_changing_it(log_in: LogIn, store: Store, clock: Clock) -> None:
    ada = log_in("ada")

    def change(current: str) -> flask.Response:
        asked = {"current": current, "new": "seven grey geese fly"}
        return ada.client.post(CHANGE, json=asked, headers=ada.headers)  # type: ignore[return-value]

    before = store.hasher.computed  # type: ignore[attr-defined]
    answers = [change(f"guess {number}") for number in range(40)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429] * 35
    assert answers[-1].headers["Retry-After"] == "1"
    assert store.hasher.computed == before + 5  # type: ignore[attr-defined]
    assert change(PASSWORD).status_code == 429
    clock.advance(seconds=1)
    assert change(PASSWORD).status_code == 204
    assert actions(store)[-1] == ("password.change", "done")


def test_an_open_session_changes_its_password_whatever_strangers_do(app: flask.Flask, log_in: LogIn) -> None:
    ada = log_in("ada")
    for number in range(60):
        guesses(app, f"name {number}", 1)
    guesses(app, "ada", 6)
    new = {"current": PASSWORD, "new": "seven grey geese fly"}
    assert ada.client.post(CHANGE, json=new, headers=ada.headers, environ_base=dict(HERE)).status_code == 204


def test_many_sessions_of_one_address_guess_no_faster(app: flask.Flask, log_in: LogIn) -> None:
    seen: list[int] = []
    for number in range(11):
        caller = log_in(f"user {number}")
        wrong = {"current": "guess", "new": "seven grey geese fly"}
        seen += [caller.client.post(CHANGE, json=wrong, headers=caller.headers).status_code for _ in range(5)]
    assert seen == [403] * 50 + [429] * 5


def test_registrations_are_slowed_down_by_address(make_app: Made, settings: Settings, store: Store) -> None:
    client = make_app(dataclasses.replace(settings, registration="open")).test_client()

    def register(name: str, where: Mapping[str, str]) -> int:
        asked = {"username": name, "password": PASSWORD}
        return client.post("/api/v1/auth/register", json=asked, environ_base=dict(where)).status_code

    assert [register(f"user {number}", HERE) for number in range(12)] == [201] * 10 + [429] * 2
    assert register("another", THERE) == 201


def test_an_administrator_unlocks_a_name(app: flask.Flask, log_in: LogIn, store: Store) -> None:
    ada = log_in("Ada")
    guesses(app, "ada", 8)
    guesses(app, "eve", 8)
    assert attempts.unlock(store, "ADA") == ada.subject
    assert actions(store)[-1] == ("user.unlock", "done")
    assert login(app.test_client(), "ada", PASSWORD) == 200
    assert login(app.test_client(), "eve", PASSWORD) == 429
    with pytest.raises(Problem) as unknown:
        attempts.unlock(store, "nobody")
    assert unknown.value.problem is Problems.NOT_FOUND


def test_behind_https_the_device_cookie_is_bound_to_host_and_transport(
    make_app: Made, settings: Settings, store: Store
) -> None:
    accounts.create_user(store, "quinn", PASSWORD)
    app = make_app(dataclasses.replace(settings, public_url="https://headwater.example"))
    answered = app.test_client().post(LOGIN, json={"username": "quinn", "password": PASSWORD})
    [said] = [line for line in answered.headers.getlist("Set-Cookie") if "device" in line]
    assert said.startswith("__Host-headwater_device_")
    assert "quinn" not in said
    for flag in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={devices.LIFE_SECONDS}"):
        assert flag in said
    assert "Domain" not in said
