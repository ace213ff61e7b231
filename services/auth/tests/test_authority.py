"""Nobody may act on an account with more permissions, however the target is named: on both databases."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import flask
import pytest
from werkzeug.test import TestResponse

from headwater.auth import accounts, trail
from headwater.auth.authority import Actor
from headwater.auth.keys import KEY_PERMISSIONS
from headwater.auth.people import Target, named
from headwater.auth.store import Store
from headwater.contracts.identity import Binding
from headwater.runtime.web.problem import Problem

from .callers import PASSWORD, Caller, LogIn

KEYS = "/api/v1/keys"
USERS = "/api/v1/users"
ACTS: tuple[tuple[str, str, Any], ...] = (
    ("POST", "disable", None),
    ("POST", "enable", None),
    ("PUT", "bindings", {"bindings": [{"role": "viewer"}]}),
)


def act(caller: Caller, target: str, method: str, what: str, body: Any) -> TestResponse:
    return caller.client.open(f"{USERS}/{target}/{what}", method=method, json=body, headers=caller.headers)


def with_key(caller: Caller, app: flask.Flask, *permissions: str) -> Caller:
    """A client that uses a key of that caller."""
    made = caller.client.post(KEYS, json={"name": "k", "permissions": permissions}, headers=caller.headers)
    assert made.status_code == 201, made.text
    found = made.get_json()
    return Caller(app.test_client(), f"key:{found['id']}", {"Authorization": f"Bearer {found['secret']}"})


def refusals(store: Store) -> list[tuple[str, str, str]]:
    """Refused actions: actor, action and target, oldest first."""
    with store.reading() as connection:
        found = [record.event for record in trail.read(connection)]
    return [(event.actor, event.action, event.object) for event in found if event.outcome == "refused"]


def unharmed(caller: Caller) -> bool:
    return caller.client.get("/api/v1/auth/me", headers=caller.headers).status_code == 200


@pytest.mark.parametrize(("method", "what", "body"), ACTS)
def test_an_administrator_does_nothing_to_an_owner_by_subject_or_by_name(
    log_in: LogIn, store: Store, method: str, what: str, body: Any
) -> None:
    manager, root = log_in("manager", "admin"), log_in("root", "owner")
    accounts.create_user(store, "spare", PASSWORD, roles=["owner"])
    assert act(manager, root.subject, method, what, body).status_code == 403
    for name in ("root", "ROOT", " root", "ｒｏｏｔ"):
        assert act(manager, name, method, what, body).status_code == 404, name
    assert unharmed(root)
    action = {"disable": "user.disable", "enable": "user.enable", "bindings": "user.bind"}[what]
    assert refusals(store) == [(f"user:{manager.subject}", action, f"user:{root.subject}")]


def test_over_http_a_name_finds_nobody_even_for_an_owner(log_in: LogIn) -> None:
    root, ada = log_in("root", "owner"), log_in("ada")
    for method, what, body in ACTS:
        assert act(root, "ada", method, what, body).status_code == 404
    assert unharmed(ada)


def test_a_name_that_looks_like_a_subject_does_not_stand_for_it(log_in: LogIn, store: Store) -> None:
    root, ada = log_in("root", "owner"), log_in("ada")
    twin = accounts.create_user(store, ada.subject, PASSWORD)
    assert act(root, ada.subject, "POST", "disable", None).get_json()["username"] == "ada"
    assert accounts.disable_user(store, named(ada.subject)) == twin


@pytest.mark.parametrize(("method", "what", "body"), ACTS)
def test_a_key_acts_on_those_alone_who_hold_no_more_than_it(
    log_in: LogIn, app: flask.Flask, store: Store, method: str, what: str, body: Any
) -> None:
    root = log_in("root", "owner")
    sees = ("lineage:read", "models:read", "metrics:read", "predictions:read", "alerts:read", "stats:read")
    robot = with_key(root, app, "user:manage", "evaluations:run", *sees)
    eve, ann = log_in("eve", "engineer"), log_in("ann", "viewer")
    narrow = accounts.create_user(store, "narrow", PASSWORD, roles=[Binding("steward", "team/")])
    for target in (root.subject, eve.subject, narrow):
        assert act(robot, target, method, what, body).status_code == 403
    for name in ("root", "eve", "ann"):
        assert act(robot, name, method, what, body).status_code == 404
    assert act(robot, ann.subject, method, what, body).status_code == 200
    assert unharmed(root)
    assert unharmed(eve)


def test_a_key_of_an_owner_is_no_owner(log_in: LogIn, app: flask.Flask, store: Store) -> None:
    root = log_in("root", "owner")
    accounts.create_user(store, "spare", PASSWORD, roles=["owner"])
    robot = with_key(root, app, *sorted(KEY_PERMISSIONS))
    assert act(robot, root.subject, "POST", "disable", None).status_code == 403
    owner = {"username": "third", "password": PASSWORD, "bindings": [{"role": "owner"}]}
    assert robot.client.post(USERS, json=owner, headers=robot.headers).status_code == 403
    assert ("user.create", "users") in [refused[1:] for refused in refusals(store)]


def test_the_owner_of_a_namespace_is_no_owner_of_everything(log_in: LogIn, store: Store) -> None:
    root, mixed = log_in("root", "owner"), log_in("mixed", "admin")
    accounts.set_bindings(store, Target(mixed.subject), [Binding("admin"), Binding("owner", "team/")])
    again = mixed.client.post("/api/v1/auth/login", json={"username": "mixed", "password": PASSWORD})
    mixed = mixed._replace(headers={"Authorization": f"Bearer {again.get_json()['access_token']}"})
    own = {"bindings": [{"role": "owner"}]}
    assert act(mixed, mixed.subject, "PUT", "bindings", own).status_code == 403
    assert act(mixed, root.subject, "POST", "enable", None).status_code == 403
    part = {"bindings": [{"role": "owner", "prefix": "team/a/"}, {"role": "admin"}]}
    assert act(mixed, mixed.subject, "PUT", "bindings", part).status_code == 200


def test_an_administrator_may_step_down_and_then_may_nothing(log_in: LogIn) -> None:
    manager, other = log_in("manager", "admin"), log_in("other", "admin")
    assert act(manager, other.subject, "POST", "enable", None).status_code == 200
    assert act(manager, manager.subject, "PUT", "bindings", {"bindings": [{"role": "viewer"}]}).status_code == 200
    assert act(manager, other.subject, "POST", "disable", None).status_code == 401


def test_the_last_owner_stays_whoever_asks(log_in: LogIn, store: Store) -> None:
    root, manager = log_in("root", "owner"), log_in("manager", "admin")
    assert act(root, root.subject, "POST", "disable", None).status_code == 409
    assert act(root, root.subject, "PUT", "bindings", {"bindings": []}).status_code == 409
    assert act(manager, root.subject, "POST", "disable", None).status_code == 403
    assert [action for _, action, _ in refusals(store)] == ["user.disable", "user.bind", "user.disable"]
    assert unharmed(root)


@pytest.mark.parametrize("whom", ["each other", "themselves"])
def test_of_two_owners_who_are_disabled_at_once_one_stays(store: Store, whom: str) -> None:
    pair = [accounts.create_user(store, name, PASSWORD, roles=["owner"]) for name in ("one", "other")]
    targets = pair[::-1] if whom == "each other" else pair

    def disable(actor: str, target: str) -> bool:
        try:
            accounts.disable_user(store, Target(target), actor=Actor(f"user:{actor}"))
        except Problem:
            return False
        return True

    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(disable, pair, targets)) == [False, True]
        for subject in pair:
            accounts.enable_user(store, Target(subject))


@pytest.mark.parametrize("out", ["disabled", "demoted"])
def test_what_counts_is_what_the_actor_holds_when_it_happens(store: Store, out: str) -> None:
    manager, ada = (
        accounts.create_user(store, name, PASSWORD, roles=[role]) for name, role in (("b", "admin"), ("a", "viewer"))
    )
    if out == "disabled":
        accounts.disable_user(store, Target(manager))
    else:
        accounts.set_bindings(store, Target(manager), [Binding("viewer")])
    actor = Actor(f"user:{manager}")
    for refused in (
        lambda: accounts.disable_user(store, Target(ada), actor=actor),
        lambda: accounts.set_bindings(store, Target(ada), [], actor=actor),
        lambda: accounts.create_user(store, "new", PASSWORD, roles=[], actor=actor),
        lambda: accounts.create_key(store, "k", actor=actor),
    ):
        with pytest.raises(Problem) as problem:
            refused()
        assert problem.value.status == 403
    assert len(refusals(store)) == 4
