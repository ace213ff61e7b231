"""Users over HTTP, for administrators. Nobody sees or sets another's password after the first."""

from collections.abc import Iterable

import flask

from headwater.auth import accounts, people
from headwater.auth.store import Store
from headwater.auth.views.keys import Page, actor_of
from headwater.contracts.api.auth import BindingGrant, BindingsChange, NewUser, UserPage, UserSummary
from headwater.contracts.cursors import CursorOf, RowId
from headwater.contracts.identity import Binding
from headwater.contracts.times import format_instant
from headwater.runtime.web import answer, body, current_principal, documented, permission, query

PLACES = CursorOf("users", tuple[RowId])


def users_blueprint(store: Store) -> flask.Blueprint:
    """Routes below /api/v1/users. Users are named by their subject; a name finds nobody."""
    bp = flask.Blueprint("users", __name__, url_prefix="/api/v1/users")

    @bp.get("")
    @permission("user:manage")
    @documented(query=Page, answer={200: UserPage})
    def listed() -> flask.Response:
        """Users and their roles."""
        asked = query(Page)
        found = accounts.list_users(store, after=asked.after(PLACES), limit=asked.limit + 1)
        items = [summary(user, held) for user, held in found[: asked.limit]]
        more = PLACES.write((items[-1].subject,)) if len(found) > asked.limit else None
        return answer(UserPage(items=items, next_cursor=more))

    @bp.post("")
    @permission("user:manage")
    @documented(body=NewUser, answer={201: UserSummary})
    def create() -> flask.Response:
        """A new user with a first password and roles."""
        asked = body(NewUser)
        subject = accounts.create_user(
            store,
            asked.username,
            asked.password,
            roles=wanted(asked.bindings),
            display_name=asked.display_name,
            actor=actor_of(current_principal()),
        )
        return answer(shown(store, subject), 201)

    @bp.post("/<subject>/disable")
    @permission("user:manage")
    @documented(answer={200: UserSummary})
    def disable(subject: str) -> flask.Response:
        """Lock a user out everywhere within seconds."""
        return answer(
            shown(store, accounts.disable_user(store, people.Target(subject), actor=actor_of(current_principal())))
        )

    @bp.post("/<subject>/enable")
    @permission("user:manage")
    @documented(answer={200: UserSummary})
    def enable(subject: str) -> flask.Response:
        """Let a disabled user log in again."""
        return answer(
            shown(store, accounts.enable_user(store, people.Target(subject), actor=actor_of(current_principal())))
        )

    @bp.put("/<subject>/bindings")
    @permission("user:manage")
    @documented(body=BindingsChange, answer={200: UserSummary})
    def bind(subject: str) -> flask.Response:
        """Give a user these roles and no others; their open tokens end."""
        held = wanted(body(BindingsChange).bindings)
        bound = accounts.set_bindings(store, people.Target(subject), held, actor=actor_of(current_principal()))
        return answer(shown(store, bound))

    return bp


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
