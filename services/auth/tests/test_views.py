"""Keys, users, the audit trail and the feed over HTTP: who has access, and who does not."""

import flask
import pytest

from headwater.auth import accounts
from headwater.auth.store import Store
from headwater.contracts.identity import Binding

from .callers import PASSWORD, SERVICE_TOKEN, Caller, LogIn, actions

KEYS = "/api/v1/keys"
USERS = "/api/v1/users"
AUDIT = "/api/v1/audit"


def test_an_engineer_makes_lists_and_revokes_their_own_keys(log_in: LogIn) -> None:
    eve, ann = log_in("eve", "engineer"), log_in("ann", "engineer")
    made = eve.client.post(KEYS, json={"name": "loader", "prefixes": ["team/"]}, headers=eve.headers)
    assert made.status_code == 201
    assert made.get_json()["secret"].startswith("hw_")
    listed = eve.client.get(KEYS, headers=eve.headers).get_json()["items"]
    assert [key["id"] for key in listed] == [made.get_json()["id"]]
    assert "secret" not in listed[0]
    assert ann.client.get(KEYS, headers=ann.headers).get_json()["items"] == []
    path = f"{KEYS}/{made.get_json()['id']}"
    assert ann.client.delete(path, headers=ann.headers).status_code == 404
    assert eve.client.delete(path, headers=eve.headers).status_code == 204
    assert eve.client.get(KEYS, headers=eve.headers).get_json()["items"][0]["revoked"] is True


def test_nobody_gives_a_key_more_than_they_hold(log_in: LogIn) -> None:
    eve = log_in("eve", "engineer", "team/")

    def status(**asked: object) -> int:
        return eve.client.post(KEYS, json={"name": "n", **asked}, headers=eve.headers).status_code

    assert status(prefixes=["team/a"]) == 201
    assert status(prefixes=["team/", "other/"]) == 403
    assert status(prefixes=[""]) == 403
    assert status(prefixes=[""], permissions=["user:manage"]) == 403
    assert status(prefixes=["team/"], permissions=["alerts:write", "dead-letter:read"]) == 422
    assert status(prefixes=["team/"], permissions=["internal:read"]) == 422
    assert status(prefixes=["team/"], owner="somebody") == 422


def test_lists_come_in_pages(log_in: LogIn, store: Store) -> None:
    manager = log_in("manager", "admin")
    for number in range(5):
        accounts.create_key(store, f"k{number}")
    seen, cursor = [], ""
    while True:
        page = manager.client.get(f"{KEYS}?limit=2&cursor={cursor}", headers=manager.headers).get_json()
        seen += [key["id"] for key in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen)


def test_an_administrator_makes_disables_and_binds_users(log_in: LogIn, app: flask.Flask) -> None:
    manager = log_in("manager", "admin")
    asked = {"username": "new", "password": PASSWORD, "bindings": [{"role": "engineer", "prefix": "team/"}]}
    made = manager.client.post(USERS, json=asked, headers=manager.headers)
    assert made.status_code == 201
    assert "password" not in made.text
    path = f"{USERS}/{made.get_json()['subject']}"
    login = {"username": "new", "password": PASSWORD}
    assert app.test_client().post("/api/v1/auth/login", json=login).status_code == 200
    assert manager.client.post(f"{path}/disable", headers=manager.headers).get_json()["disabled"] is True
    assert app.test_client().post("/api/v1/auth/login", json=login).status_code == 401
    assert manager.client.post(f"{path}/enable", headers=manager.headers).get_json()["disabled"] is False
    bound = manager.client.put(f"{path}/bindings", json={"bindings": [{"role": "viewer"}]}, headers=manager.headers)
    assert bound.get_json()["bindings"] == [{"role": "viewer", "prefix": ""}]
    assert {user["username"] for user in manager.client.get(USERS, headers=manager.headers).get_json()["items"]} == {
        "manager",
        "new",
    }
    assert manager.client.post(f"{USERS}/nobody/disable", headers=manager.headers).status_code == 404


def test_only_owners_make_and_change_owners(log_in: LogIn) -> None:
    manager, root = log_in("manager", "admin"), log_in("root", "owner")
    owner = {"username": "third", "password": PASSWORD, "bindings": [{"role": "owner"}]}
    assert manager.client.post(USERS, json=owner, headers=manager.headers).status_code == 403
    assert manager.client.post(f"{USERS}/{root.subject}/disable", headers=manager.headers).status_code == 403
    own = {"bindings": [{"role": "owner"}]}
    assert (
        manager.client.put(f"{USERS}/{manager.subject}/bindings", json=own, headers=manager.headers).status_code == 403
    )
    assert root.client.post(USERS, json=owner, headers=root.headers).status_code == 201


def test_the_trail_is_read_newest_first_by_filters_and_pages(log_in: LogIn, store: Store) -> None:
    guard = log_in("guard", "security_auditor")
    accounts.create_key(store, "a")
    page = guard.client.get(f"{AUDIT}?limit=2", headers=guard.headers).get_json()
    assert [entry["action"] for entry in page["items"]] == ["key.create", "login"]
    older = guard.client.get(f"{AUDIT}?limit=2&cursor={page['next_cursor']}", headers=guard.headers).get_json()
    assert older["items"][0]["seq"] == page["items"][-1]["seq"] - 1
    mine = guard.client.get(f"{AUDIT}?actor=user:{guard.subject}&action=login", headers=guard.headers).get_json()
    assert [entry["action"] for entry in mine["items"]] == ["login"]
    none = guard.client.get(f"{AUDIT}?from=2099-01-01T00:00:00Z", headers=guard.headers).get_json()
    assert none == {"items": [], "next_cursor": None}
    assert guard.client.get(f"{AUDIT}?from=yesterday", headers=guard.headers).status_code == 400


def test_the_feed_is_for_services_alone(app: flask.Flask, log_in: LogIn) -> None:
    path = "/internal/v1/identity/changes"
    root = log_in("root", "owner")
    assert root.client.get(path, headers=root.headers).status_code == 403
    assert app.test_client().get(path).status_code == 401
    headers = {"Authorization": f"Bearer {SERVICE_TOKEN.reveal()}"}
    told = app.test_client().get(f"{path}?since=0", headers=headers).get_json()
    assert [record["subject"] for record in told["subjects"]] == [root.subject]
    assert told["jwks"]["keys"][0]["alg"] == "ES256"
    assert app.test_client().post("/internal/v1/identity/uses", json={"k": 1}, headers=headers).status_code == 204
    since = app.test_client().get(f"{path}?since={told['cursor']}", headers=headers).get_json()
    assert since["subjects"] == []


@pytest.mark.parametrize("hostile", ["' OR 1=1 --", "\u202e", "x" * 5000, "../../etc/passwd", "{{7*7}}"])
def test_hostile_names_find_nothing_and_break_nothing(log_in: LogIn, hostile: str) -> None:
    root = log_in("root", "owner")

    def status(method: str, path: str, **more: object) -> int:
        return root.client.open(path, method=method, headers=root.headers, **more).status_code  # type: ignore[arg-type]

    assert status("DELETE", f"{KEYS}/{hostile}") == 404
    assert status("POST", f"{USERS}/{hostile}/disable") == 404
    assert status("DELETE", f"/api/v1/auth/sessions/{hostile}") == 404
    for path in (KEYS, USERS, AUDIT):
        assert status("GET", f"{path}?cursor={hostile[:60]}") == 400
    assert status("POST", "/api/v1/auth/login", json={"username": hostile, "password": hostile}) in (401, 429)


def test_every_act_leaves_its_record(log_in: LogIn, store: Store) -> None:
    def act(caller: Caller, method: str, path: str, **more: object) -> str:
        before = len(actions(store))
        answered = caller.client.open(path, method=method, headers=caller.headers, **more)  # type: ignore[arg-type]
        assert answered.status_code < 300, answered.text
        added = actions(store)[before:]
        assert len(added) == 1
        return added[0][0]

    root = log_in("root", "owner")
    subject = accounts.create_user(store, "new", PASSWORD, roles=[Binding("viewer")])
    key = accounts.create_key(store, "k")
    user = {"username": "u", "password": PASSWORD}
    assert act(root, "POST", USERS, json=user) == "user.create"
    assert act(root, "POST", KEYS, json={"name": "n"}) == "key.create"
    assert act(root, "DELETE", f"{KEYS}/{key.id}") == "key.revoke"
    assert act(root, "PUT", f"{USERS}/{subject}/bindings", json={"bindings": []}) == "user.bind"
    assert act(root, "POST", f"{USERS}/{subject}/disable") == "user.disable"
    assert act(root, "POST", f"{USERS}/{subject}/enable") == "user.enable"
    new = {"current": PASSWORD, "new": "eleven blue herons wade"}
    assert act(root, "POST", "/api/v1/auth/password", json=new) == "password.change"


def test_what_is_refused_leaves_one_record_wherever_it_is_refused(log_in: LogIn, store: Store) -> None:
    eve = log_in("eve", "viewer")
    before = len(actions(store))
    assert eve.client.post(USERS, json={}, headers=eve.headers).status_code == 403
    wrong = {"current": "not the password", "new": "eleven blue herons wade"}
    assert eve.client.post("/api/v1/auth/password", json=wrong, headers=eve.headers).status_code == 403
    assert eve.client.get(USERS, headers=eve.headers).status_code == 403
    assert actions(store)[before:] == [(f"POST {USERS}", "refused"), ("password.change", "refused")]
