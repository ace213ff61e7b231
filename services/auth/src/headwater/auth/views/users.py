"""Users over HTTP, for administrators. Nobody can see another's password, or set it after the first."""

from collections.abc import Iterable

from headwater.auth import accounts, people
from headwater.auth.store import Store
from headwater.auth.views.keys import Page, actor_of
from headwater.auth.views.sessions import PHRASE
from headwater.contracts.api.auth import BindingGrant, BindingsChange, NewUser, UserPage, UserSummary
from headwater.contracts.cursors import CursorOf, RowId
from headwater.contracts.identity import Binding
from headwater.contracts.times import format_instant
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web.routes import Routes

PLACES = CursorOf("users", tuple[RowId])

routes = Routes(tag="users")
"""Users are identified by their subject, not by name."""


@routes.get("/api/v1/users", permission="user:manage", query=Page, answer=UserPage)
def listed(query: Page, store: Store) -> UserPage:
    """Users and their roles."""
    found = accounts.list_users(store, after=query.after(PLACES), limit=query.limit + 1)
    items = [summary(user, held) for user, held in found[: query.limit]]
    more = PLACES.write((items[-1].subject,)) if len(found) > query.limit else None
    return UserPage(items=items, next_cursor=more)


@routes.post(
    "/api/v1/users",
    permission="user:manage",
    body=NewUser,
    answer=UserSummary,
    status=201,
    example={
        "body": {
            "username": "{new}",
            "password": PHRASE,
            "bindings": [{"role": "viewer", "prefix": "airflow"}],
        }
    },
)
def create(body: NewUser, principal: Principal, store: Store) -> UserSummary:
    """Create a user with a first password and roles."""
    subject = accounts.create_user(
        store,
        body.username,
        body.password,
        roles=wanted(body.bindings),
        display_name=body.display_name,
        actor=actor_of(principal),
    )
    return shown(store, subject)


@routes.post(
    "/api/v1/users/<subject>/disable",
    permission="user:manage",
    answer=UserSummary,
    example={"path": {"subject": "{subject}"}},
)
def disable(subject: str, principal: Principal, store: Store) -> UserSummary:
    """Lock a user out everywhere within seconds."""
    return shown(store, accounts.disable_user(store, people.Target(subject), actor=actor_of(principal)))


@routes.post(
    "/api/v1/users/<subject>/enable",
    permission="user:manage",
    answer=UserSummary,
    example={"path": {"subject": "{subject}"}},
)
def enable(subject: str, principal: Principal, store: Store) -> UserSummary:
    """Let a disabled user log in again."""
    return shown(store, accounts.enable_user(store, people.Target(subject), actor=actor_of(principal)))


@routes.put(
    "/api/v1/users/<subject>/bindings",
    permission="user:manage",
    body=BindingsChange,
    answer=UserSummary,
    example={"path": {"subject": "{subject}"}, "body": {"bindings": [{"role": "engineer", "prefix": ""}]}},
)
def bind(subject: str, body: BindingsChange, principal: Principal, store: Store) -> UserSummary:
    """Give a user these roles and no others; their open tokens end."""
    held = wanted(body.bindings)
    return shown(store, accounts.set_bindings(store, people.Target(subject), held, actor=actor_of(principal)))


def wanted(grants: Iterable[BindingGrant]) -> list[Binding]:
    held = [Binding(grant.role, grant.prefix) for grant in grants]
    accounts.check_bindings(held)
    return held


def shown(store: Store, subject: str) -> UserSummary:
    with store.reading() as connection:
        user = people.by_subject(connection, subject)
        assert user is not None
        return summary(user, people.bindings_of(connection, subject))


def summary(user: people.User, held: tuple[Binding, ...]) -> UserSummary:
    row = user._mapping
    return UserSummary(
        subject=row["subject"],
        username=row["username"],
        display_name=row["display_name"],
        disabled=row["disabled"],
        bindings=[BindingGrant(binding.role, binding.prefix) for binding in held],
        created_at=format_instant(row["created_at"]),
    )
