"""API keys: their owners, their permissions while the owner changes, and the keys created with them."""

from typing import Any

import flask
import pytest
import sqlalchemy as sa

from headwater.auth import accounts, trail
from headwater.auth.people import named
from headwater.auth.store import Store, open_store
from headwater.auth.uses import KeyUses
from headwater.contracts.api.auth import CreatedKey, KeySummary
from headwater.contracts.holdings import DEEPEST
from headwater.contracts.identity import INSTALLATION, Binding
from headwater.contracts.problems import Problems
from headwater.contracts.times import format_instant
from headwater.runtime.identity import apikey
from headwater.runtime.identity.principal import Principal
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.web.problem import Problem

from .callers import PASSWORD, PEPPER, SERVICE_TOKEN, Caller, Clock, LogIn, cheap_hasher

KEYS = "/api/v1/keys"
DAY = 86_400


def shown(key: CreatedKey | dict[str, Any]) -> str:
    """The headers of a client with the key."""
    return f"Bearer {key['secret'] if isinstance(key, dict) else key.secret}"


def caller(app: flask.Flask, made: dict[str, Any]) -> Caller:
    return Caller(app.test_client(), f"key:{made['id']}", {"Authorization": shown(made)})


def make(maker: Caller, status: int = 201, **asked: Any) -> dict[str, Any]:
    answered = maker.client.post(KEYS, json={"name": "k", **asked}, headers=maker.headers)
    assert answered.status_code == status, answered.text
    found: dict[str, Any] = answered.get_json()
    return found


def listed(store: Store) -> dict[str, KeySummary]:
    return {key.id: key for key in accounts.list_keys(store)}


def refused(verifier: Verifier, credentials: str) -> bool:
    try:
        verifier.authenticate(credentials)
    except Problem as problem:
        return problem.problem is Problems.UNAUTHENTICATED
    return False


def test_a_key_gives_what_its_owner_holds_now(log_in: LogIn, store: Store, verifier: Verifier) -> None:
    eve = log_in("eve", "engineer")
    key = make(eve, permissions=["ingest:write", "lineage:read", "key:manage"])

    def may() -> Principal:
        return verifier.authenticate(shown(key))

    assert may().may("ingest:write", "any")
    accounts.set_bindings(store, named("eve"), [Binding("engineer", "team/"), Binding("viewer")])
    assert may().may("ingest:write", "team/a")
    assert not may().may("ingest:write", "any")
    assert may().may("lineage:read", "any")
    accounts.set_bindings(store, named("eve"), [])
    assert may().permissions == frozenset()
    accounts.disable_user(store, named("eve"))
    assert refused(verifier, shown(key))
    assert listed(store)[key["id"]].state == "owner disabled"
    accounts.enable_user(store, named("eve"))
    accounts.set_bindings(store, named("eve"), [Binding("producer")])
    assert may().permissions == {"ingest:write"}


def test_a_token_for_a_key_follows_its_owner_too(app: flask.Flask, log_in: LogIn, store: Store) -> None:
    manager = log_in("manager", "admin")
    key = make(manager, permissions=["user:manage"])
    client = app.test_client()
    token = client.post("/api/v1/auth/token", data={"apikey": key["secret"]}).get_json()["access_token"]

    def status() -> int:
        return client.get("/api/v1/users", headers={"Authorization": f"Bearer {token}"}).status_code

    assert status() == 200
    accounts.set_bindings(store, named("manager"), [Binding("engineer")])
    assert status() == 403
    accounts.disable_user(store, named("manager"))
    assert status() == 401
    assert client.post("/api/v1/auth/token", data={"apikey": key["secret"]}).status_code == 401


def test_keys_are_listed_with_their_owners(log_in: LogIn, store: Store) -> None:
    manager, eve = log_in("manager", "admin"), log_in("eve", "engineer")
    own, hers = accounts.create_key(store, "producer", annotate=[""]), make(eve, prefixes=["team/"])
    found = {key["id"]: key for key in manager.client.get(KEYS, headers=manager.headers).get_json()["items"]}
    assert (found[own.id]["owner"], found[own.id]["owner_name"]) == (INSTALLATION, None)
    assert found[own.id]["annotate"] == [""]
    assert (found[hers["id"]]["owner"], found[hers["id"]]["owner_name"]) == (f"user:{eve.subject}", "eve")
    assert {key["state"] for key in found.values()} == {"active"}
    assert hers["owner_name"] == "eve"
    mine = eve.client.get(KEYS, headers=eve.headers).get_json()["items"]
    assert [key["id"] for key in mine] == [hers["id"]]


def test_a_key_from_the_command_line_belongs_to_the_installation_or_to_a_user(store: Store, verifier: Verifier) -> None:
    accounts.create_user(store, "eve", PASSWORD, roles=["producer"])
    assert accounts.create_key(store, "own").owner == INSTALLATION
    hers = accounts.create_key(store, "hers", owner=named("eve"))
    assert hers.owner_name == "eve"
    accounts.disable_user(store, named("eve"))
    assert refused(verifier, shown(hers))

    def problem(**asked: Any) -> tuple[int, list[str]]:
        with pytest.raises(Problem) as found:
            accounts.create_key(store, "k", **asked)
        return found.value.status, [error["field"] for error in found.value.errors]

    assert problem(owner=named("nobody")) == (404, [])
    assert problem(owner=named("eve")) == (422, ["owner"])
    accounts.enable_user(store, named("eve"))
    assert problem(owner=named("eve"), permissions=["lineage:read"]) == (422, ["permissions"])
    assert problem(owner=named("eve"), annotate=["s3://lake"]) == (422, ["annotate"])


def test_what_knows_no_namespace_is_refused_to_a_key_of_some(log_in: LogIn) -> None:
    root = log_in("root", "owner")
    for permission in ("user:manage", "audit:read", "dead-letter:redrive"):
        said = make(root, 422, permissions=["ingest:write", permission], prefixes=["team/"])
        assert [error["field"] for error in said["errors"]] == ["permissions"]
        assert permission in said["detail"]
        make(root, permissions=[permission])


def test_who_gives_annotation_holds_it_there(log_in: LogIn, verifier: Verifier) -> None:
    steward = log_in("sue", "steward", "s3://lake")
    key = make(steward, prefixes=["s3://lake"], annotate=["s3://lake"])
    assert verifier.authenticate(shown(key)).may("dataset:annotate", "s3://lake")
    make(steward, 403, prefixes=["s3://lake"], annotate=[""])
    make(steward, 403, prefixes=["s3://lake"], annotate=["s3://other"])
    make(log_in("eve", "engineer"), 403, annotate=["s3://lake"])
    own = make(steward, prefixes=["s3://lake"], permissions=["dataset:annotate", "ingest:write"])
    assert (own["permissions"], own["annotate"]) == (["ingest:write"], ["s3://lake"])
    make(steward, 422, prefixes=["s3://lake"], annotate=["s3://lake"] * 2 + [f"s3://lake/{n}" for n in range(100)])


def test_a_child_belongs_to_the_same_owner_and_is_never_more_than_its_parent(
    log_in: LogIn, app: flask.Flask, verifier: Verifier
) -> None:
    eve = log_in("eve", "engineer")
    parent = make(eve, permissions=["key:manage", "ingest:write"], prefixes=["team/"], expires_days=10)
    robot = caller(app, parent)
    child = make(robot, prefixes=["team/a/"])
    assert (child["owner"], child["parent"]) == (f"user:{eve.subject}", parent["id"])
    assert child["expires_at"] == parent["expires_at"]
    assert make(robot, prefixes=["team/"], expires_days=1)["expires_at"] < parent["expires_at"]
    make(robot, 403, prefixes=["team/"], permissions=["lineage:read"])
    make(robot, 403)
    make(robot, 403, prefixes=["team/"], annotate=["team/"])
    principal = verifier.authenticate(shown(child))
    assert principal.permissions == {"ingest:write"}
    assert principal.visible.prefixes == ("team/a/",)
    make(caller(app, child), 403, prefixes=["team/a/"])


def test_a_child_ends_with_its_parent(log_in: LogIn, app: flask.Flask, store: Store, verifier: Verifier) -> None:
    eve = log_in("eve", "engineer")
    parent, other = (make(eve, permissions=["key:manage", "ingest:write"]) for _ in range(2))
    child = make(caller(app, parent), permissions=["key:manage", "ingest:write"])
    grandchild = make(caller(app, child))
    assert not refused(verifier, shown(grandchild))
    answered = eve.client.delete(f"{KEYS}/{parent['id']}", headers=eve.headers)
    assert answered.status_code == 204
    assert all(refused(verifier, shown(key)) for key in (parent, child, grandchild))
    assert not refused(verifier, shown(other))
    assert {key_id for key_id, key in listed(store).items() if key.revoked} == {
        key["id"] for key in (parent, child, grandchild)
    }
    with store.reading() as connection:
        ended = [found.event for found in trail.read(connection) if found.event.action == "key.revoke"]
    assert {event.object: event.detail for event in ended} == {
        f"key:{parent['id']}": {},
        f"key:{child['id']}": {"with": f"key:{parent['id']}"},
        f"key:{grandchild['id']}": {"with": f"key:{parent['id']}"},
    }


def test_a_child_expires_with_its_parent(log_in: LogIn, app: flask.Flask, verifier: Verifier, clock: Clock) -> None:
    parent = make(log_in("eve", "engineer"), permissions=["key:manage", "ingest:write"], expires_days=1)
    child = make(caller(app, parent))
    clock.advance(seconds=DAY - 1)
    verifier.authenticate(shown(child))
    clock.advance(seconds=1)
    assert refused(verifier, shown(child))


def test_a_line_of_keys_does_not_grow_for_ever(log_in: LogIn, app: flask.Flask, verifier: Verifier) -> None:
    key = make(log_in("eve", "engineer"), permissions=["key:manage"])
    for _ in range(DEEPEST - 1):
        key = make(caller(app, key), permissions=["key:manage"])
    assert verifier.authenticate(shown(key)).may("key:manage")
    make(caller(app, key), 403, permissions=["key:manage"])


def test_a_key_sees_and_ends_only_what_comes_from_it(log_in: LogIn, app: flask.Flask) -> None:
    eve = log_in("eve", "engineer")
    parent, sibling = (make(eve, permissions=["key:manage", "ingest:write"]) for _ in range(2))
    robot = caller(app, parent)
    child = make(robot, permissions=["key:manage", "ingest:write"])
    grandchild = make(caller(app, child))
    seen = robot.client.get(KEYS, headers=robot.headers).get_json()["items"]
    assert {key["id"] for key in seen} == {child["id"], grandchild["id"]}

    def delete(key: dict[str, Any]) -> int:
        return robot.client.delete(f"{KEYS}/{key['id']}", headers=robot.headers).status_code

    assert [delete(key) for key in (sibling, parent, grandchild)] == [404, 404, 204]


def test_keys_of_those_who_hold_more_are_theirs_to_end(log_in: LogIn, app: flask.Flask, store: Store) -> None:
    root, manager, eve = log_in("root", "owner"), log_in("manager", "admin"), log_in("eve", "engineer")
    owners, hers, installation = make(root), make(eve), accounts.create_key(store, "producer")
    robot = caller(app, make(manager, permissions=["user:manage", "key:manage", "ingest:write"]))

    def delete(who: Caller, key_id: str) -> int:
        return who.client.delete(f"{KEYS}/{key_id}", headers=who.headers).status_code

    assert delete(manager, owners["id"]) == 403
    assert [delete(robot, key) for key in (owners["id"], hers["id"], installation.id)] == [403, 403, 403]
    assert not any(key.revoked for key in listed(store).values())
    with store.reading() as connection:
        events = [found.event for found in trail.read(connection)]
    assert [(event.actor, event.object) for event in events if event.outcome == "refused"] == [
        (f"user:{manager.subject}", f"key:{owners['id']}"),
        *((robot.subject, f"key:{key}") for key in (owners["id"], hers["id"], installation.id)),
    ]
    assert [delete(manager, key) for key in (hers["id"], installation.id)] == [204, 204]
    assert delete(root, owners["id"]) == 204


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_another_program_changes_counts_at_once_and_unknown_keys_cost_no_question(
    store: Store, clock: Clock, database_url: str
) -> None:
    here = Verifier(store.identity_feed(interval=3600.0), PEPPER, SERVICE_TOKEN, clock)
    command = open_store(database_url, pepper=PEPPER, hasher=cheap_hasher(), clock=clock)
    accounts.create_user(command, "eve", PASSWORD, roles=["producer"])
    for number in range(3):
        key = accounts.create_key(command, f"k{number}", owner=named("eve"))
        assert here.authenticate(shown(key)).may("ingest:write", "any")
        accounts.set_bindings(command, named("eve"), [Binding("producer", f"team{number}/")])
        assert not here.authenticate(shown(key)).may("ingest:write", "any")
        accounts.revoke_key(command, key.id)
        assert refused(here, shown(key))
        accounts.set_bindings(command, named("eve"), [Binding("producer")])
    command.close()
    here.authenticate(shown(accounts.create_key(store, "last")))
    store.uses.flush()  # now, not from its own thread while queries are counted
    assert refused(here, f"Bearer {apikey.mint().text()}")
    asked: list[str] = []
    sa.event.listen(store.engine, "before_cursor_execute", lambda *event: asked.append(event[2]))
    assert all(refused(here, f"Bearer {apikey.mint().text()}") for _ in range(1000))
    assert asked == []


def test_uses_are_written_apart_from_requests_and_once_a_minute_at_most(clock: Clock) -> None:
    written: list[dict[str, int]] = []
    uses = KeyUses(lambda taken: written.append(dict(taken)), start=False)
    minute = 60_000_000
    for at in (0, 1, minute - 1):
        uses.used("k", clock() + at)
    assert written == []
    uses.flush()
    uses.used("k", clock() + minute)
    uses.flush()
    assert written == [{"k": clock() + minute - 1}]
    uses.used("k", clock() + 2 * minute)
    uses.close()
    assert written[1:] == [{"k": clock() + 2 * minute}]


def test_a_use_that_cannot_be_written_waits_and_refuses_nobody() -> None:
    away = True
    written: dict[str, int] = {}

    def write(taken: Any) -> None:
        if away:
            raise OSError("away")
        written.update(taken)

    uses = KeyUses(write, start=False)
    uses.used("k", 1)
    uses.flush()
    uses.used("k", 2)
    away = False
    uses.flush()
    assert written == {"k": 2}


def test_the_last_use_survives_a_stop(store: Store, verifier: Verifier, clock: Clock) -> None:
    key = accounts.create_key(store, "loader")
    verifier.authenticate(shown(key))
    store.close()
    again = open_store(store.engine.url.render_as_string(False), pepper=PEPPER, hasher=cheap_hasher(), clock=clock)
    assert listed(again)[key.id].last_used_at == format_instant(clock())
    again.close()
