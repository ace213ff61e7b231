"""Users and API keys, on both databases."""

import pytest

from headwater.auth import accounts
from headwater.auth.people import named
from headwater.auth.store import Store
from headwater.contracts.identity import Binding
from headwater.contracts.problems import Problems
from headwater.contracts.times import format_instant
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.web.problem import Problem

from .callers import PASSWORD, PEPPER, Clock, LogIn, actions

DAY = 86_400


def refused(problem: pytest.ExceptionInfo[Problem]) -> tuple[Problems, list[str]]:
    return problem.value.problem, [error["field"] for error in problem.value.errors]


def test_the_first_administrator_gets_a_long_random_password_once(store: Store) -> None:
    password = accounts.ensure_admin(store)
    assert password is not None
    assert len(password) >= 20
    assert accounts.ensure_admin(store) is None
    assert accounts.ensure_admin(store, "another") is None
    assert actions(store) == [("user.create", "done")]


def test_an_installer_may_choose_the_administrators_password(store: Store) -> None:
    assert accounts.ensure_admin(store, "chosen") == "chosen"


@pytest.mark.parametrize(
    ("username", "password", "field"),
    [
        ("", PASSWORD, "username"),
        ("a\nb", PASSWORD, "username"),
        ("a" * 200, PASSWORD, "username"),
        ("ada", "too short", "password"),
        ("ada", "x" * 1025, "password"),
        ("ada", "abcabcabcabcabcabc", "password"),
    ],
)
def test_a_user_that_cannot_be_made_names_the_field(store: Store, username: str, password: str, field: str) -> None:
    with pytest.raises(Problem) as problem:
        accounts.create_user(store, username, password)
    assert refused(problem) == (Problems.INVALID, [field])


def test_a_name_is_taken_whatever_its_case(store: Store) -> None:
    accounts.create_user(store, "Ada", PASSWORD)
    with pytest.raises(Problem) as problem:
        accounts.create_user(store, "aDA", PASSWORD)
    assert refused(problem) == (Problems.CONFLICT, ["username"])


def test_an_unknown_role_is_refused(store: Store) -> None:
    with pytest.raises(Problem) as problem:
        accounts.create_user(store, "ada", PASSWORD, roles=["emperor"])
    assert refused(problem) == (Problems.INVALID, ["roles"])


def test_a_disabled_user_is_out_at_once_and_may_come_back(store: Store, log_in: LogIn, verifier: Verifier) -> None:
    ada = log_in()
    assert verifier.authenticate(ada.headers["Authorization"]).subject == ada.subject
    accounts.disable_user(store, named("ada"))
    with pytest.raises(Problem) as problem:
        verifier.authenticate(ada.headers["Authorization"])
    assert problem.value.problem is Problems.UNAUTHENTICATED
    accounts.enable_user(store, named("ada"))
    with pytest.raises(Problem):
        verifier.authenticate(ada.headers["Authorization"])
    assert actions(store)[-2:] == [("user.disable", "done"), ("user.enable", "done")]


def test_the_last_owner_can_neither_be_disabled_nor_demoted(store: Store) -> None:
    accounts.ensure_admin(store)
    with pytest.raises(Problem) as disabling:
        accounts.disable_user(store, named("admin"))
    with pytest.raises(Problem) as demoting:
        accounts.set_bindings(store, named("admin"), [Binding("viewer")])
    assert disabling.value.problem is demoting.value.problem is Problems.CONFLICT
    accounts.create_user(store, "second", PASSWORD, roles=["owner"])
    accounts.disable_user(store, named("admin"))


def test_new_roles_reach_the_verifier_and_end_old_tokens(store: Store, log_in: LogIn, verifier: Verifier) -> None:
    ada = log_in()
    accounts.set_bindings(store, named("ada"), [Binding("engineer", "team/")])
    with pytest.raises(Problem):
        verifier.authenticate(ada.headers["Authorization"])
    again = ada.client.post("/api/v1/auth/login", json={"username": "ada", "password": PASSWORD})
    principal = verifier.authenticate(f"Bearer {again.get_json()['access_token']}")
    assert principal.may("ingest:write", "team/orders")
    assert not principal.may("ingest:write", "other")
    assert principal.visible.prefixes == ("team/",)


def test_a_key_works_within_its_scope_until_it_is_revoked(store: Store, verifier: Verifier) -> None:
    key = accounts.create_key(store, "loader", ["ingest:write"], ["team/"], 30)
    principal = verifier.authenticate(f"Bearer {key.secret}")
    assert principal.subject == f"key:{key.id}"
    assert principal.may("ingest:write", "team/orders")
    assert not principal.may("ingest:write", "orders")
    assert not principal.may("lineage:read")
    accounts.revoke_key(store, key.id)
    accounts.revoke_key(store, key.id)
    with pytest.raises(Problem) as problem:
        verifier.authenticate(f"Bearer {key.secret}")
    assert problem.value.problem is Problems.UNAUTHENTICATED
    assert actions(store) == [("key.create", "done"), ("key.revoke", "done")]


def test_a_key_expires(store: Store, verifier: Verifier, clock: Clock) -> None:
    key = accounts.create_key(store, "loader", expires_days=1)
    clock.advance(seconds=DAY - 1)
    verifier.authenticate(f"Bearer {key.secret}")
    clock.advance(seconds=1)
    with pytest.raises(Problem):
        verifier.authenticate(f"Bearer {key.secret}")


def test_the_last_use_of_a_key_is_known_to_the_minute(store: Store, verifier: Verifier, clock: Clock) -> None:
    key = accounts.create_key(store, "loader")
    assert accounts.list_keys(store)[0].last_used_at is None
    for seconds in (0, 59, 2):
        clock.advance(seconds=seconds)
        verifier.authenticate(f"Bearer {key.secret}")
        store.uses.flush()
    assert accounts.list_keys(store)[0].last_used_at == format_instant(clock())
    store.note_uses({key.id: 1, "no such key": 5})
    assert accounts.list_keys(store)[0].last_used_at == format_instant(clock())


def test_lists_never_hold_the_secret_of_a_key(store: Store) -> None:
    key = accounts.create_key(store, "loader")
    listed = accounts.list_keys(store)
    assert [found.id for found in listed] == [key.id]
    assert key.secret not in repr(listed)
    with store.reading() as connection:
        dumped = repr(connection.exec_driver_sql("SELECT * FROM api_keys").fetchall())
    assert key.secret[16:59] not in dumped


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"permissions": ["internal:read"]}, "permissions"),
        ({"permissions": []}, "permissions"),
        ({"prefixes": []}, "prefixes"),
        ({"expires_days": 366}, "expires_days"),
        ({"expires_days": 0}, "expires_days"),
    ],
)
def test_a_key_that_cannot_be_made_names_the_field(store: Store, given: dict[str, object], field: str) -> None:
    with pytest.raises(Problem) as problem:
        accounts.create_key(store, **{"name": "loader", **given})  # type: ignore[arg-type]
    assert refused(problem) == (Problems.INVALID, [field])


def test_the_feed_lists_changes_since_a_position(store: Store) -> None:
    accounts.create_user(store, "ada", PASSWORD)
    first = store.changes(0)
    key = accounts.create_key(store, "loader")
    second = store.changes(first.cursor)
    assert [record.id for record in second.keys] == [key.id]
    assert second.subjects == []
    assert store.changes(second.cursor).keys == []
    assert store.changes(second.cursor + 1000).keys == second.keys
    assert second.pepper_id
    assert PEPPER.reveal() not in second.pepper_id


def test_the_snapshot_is_the_same_object_until_something_changes(store: Store) -> None:
    accounts.create_user(store, "ada", PASSWORD)
    store.signing_key()
    before = store.identity_snapshot()
    assert store.identity_snapshot() is before
    accounts.disable_user(store, named("ada"))
    after = store.identity_snapshot()
    assert [record.disabled for record in after.subjects] == [True]
    assert len(after.jwks["keys"]) == 1
    assert "d" not in after.jwks["keys"][0]
