"""Log-in, refresh and log-out; and tokens for clients without a browser."""

from typing import Any

import flask
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from headwater.auth import accounts, attempts, devices, passwords, people
from headwater.auth.sessions import Opened, Sessions
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.auth.tables import sessions as session_rows
from headwater.auth.views.browser import Cookie, cookie, need_own_client
from headwater.contracts.api.auth import (
    LoginRequest,
    Me,
    PasswordChange,
    RegisterRequest,
    SessionPage,
    SessionSummary,
    TokenAnswer,
)
from headwater.contracts.permissions import EVERY_USER
from headwater.contracts.problems import Problems
from headwater.contracts.times import format_instant
from headwater.runtime.identity.verifier import Principal, Verifier
from headwater.runtime.web.answers import answer
from headwater.runtime.web.application import client_address
from headwater.runtime.web.parse import body
from headwater.runtime.web.problem import Problem, unauthenticated
from headwater.runtime.web.routes import NOT_STORED, Routes

LIMIT = 65_536
# OpenLineage clients in Python and Java send all three.
TOKEN_FIELDS = ("apikey", "grant_type", "response_type")
FORM = "application/x-www-form-urlencoded"

# In examples: the caller's own password, and an acceptable new one.
KNOWN, PHRASE = "{password}", "violet harbour at noon"

routes = Routes(tag="auth")


@routes.post(
    "/api/v1/auth/login",
    public="there is no token before the log-in; failures are counted and slowed down",
    body=LoginRequest,
    limit=LIMIT,
    answer=TokenAnswer,
    example={"body": {"username": "{username}", "password": KNOWN}},
    headers=NOT_STORED,
)
def login(body: LoginRequest, sessions: Sessions, store: Store, settings: Settings) -> flask.Response:
    """An access token for a name and a password; as cookies the refresh token and the device token."""
    device = cookie(settings.public_url, devices.cookie_name(store, body.username))
    found = sessions.login(body.username, body.password, address=client_address(), device=device.read())
    response = opened(found, settings)
    device.write(response, found.device, devices.LIFE_SECONDS)
    return response


@routes.post(
    "/api/v1/auth/register",
    public="closed unless the administrator opens it; a registered account gets one fixed role",
    body=RegisterRequest,
    raw=True,
    example={"body": {"username": "{new}", "password": PHRASE, "display_name": "Ada"}},
    answer=Me,
    status=201,
    headers=NOT_STORED,
)
def register(store: Store, settings: Settings) -> Me:
    """Register an account, where the administrator allows it."""
    if settings.registration != "open":
        raise Problem(Problems.FORBIDDEN, "Registration is closed here: ask an administrator for an account.")
    asked = body(RegisterRequest, limit=LIMIT)
    attempts.count_registration(store, client_address())
    roles = (settings.registration_role,) if settings.registration_role else ()
    subject = accounts.create_user(
        store, asked.username, asked.password, roles=roles, display_name=asked.display_name, actor=accounts.ANONYMOUS
    )
    return described(store, subject, None)


@routes.post(
    "/api/v1/auth/refresh",
    public="the refresh cookie is the credential; other sites cannot make a browser send it",
    answer=TokenAnswer,
    headers=NOT_STORED,
)
def refresh(sessions: Sessions, settings: Settings) -> flask.Response:
    """The next access token for the refresh cookie, which is replaced; each cookie works once."""
    need_own_client()
    token = refresh_cookie(settings).read()
    if not token:
        raise unauthenticated("There is no session: log in.")
    return opened(sessions.refresh(token), settings)


@routes.post(
    "/api/v1/auth/logout",
    public="ends the session of the presented refresh cookie, and nothing else",
    headers=NOT_STORED,
)
def logout(sessions: Sessions, settings: Settings) -> flask.Response:
    """Log out: the session ends, its access tokens within seconds."""
    need_own_client()
    token = refresh_cookie(settings).read()
    if token:
        sessions.end_by_refresh_token(token)
    response = flask.Response(status=204)
    refresh_cookie(settings).clear(response)
    return response


@routes.get("/api/v1/auth/me", permission=EVERY_USER, answer=Me, headers=NOT_STORED)
def me(principal: Principal, store: Store) -> Me:
    """Who I am and what I may do."""
    return described(store, principal.subject, principal)


@routes.get("/api/v1/auth/sessions", permission=EVERY_USER, answer=SessionPage, headers=NOT_STORED)
def mine(principal: Principal, store: Store) -> SessionPage:
    """My open sessions."""
    return open_sessions(store, principal)


@routes.delete("/api/v1/auth/sessions/<session>", permission=EVERY_USER, example={"path": {"session": "{session}"}})
def end(session: str, principal: Principal, sessions: Sessions) -> None:
    """End one of my sessions."""
    if not sessions.end(session, actor=f"user:{principal.subject}", subject=principal.subject, action="session.end"):
        raise Problem(Problems.NOT_FOUND, "There is no such session.")


@routes.delete("/api/v1/auth/sessions", permission=EVERY_USER)
def end_all(principal: Principal, sessions: Sessions) -> None:
    """End all my sessions, this one too."""
    sessions.end_all(principal.subject, actor=f"user:{principal.subject}")


@routes.post(
    "/api/v1/auth/password",
    permission=EVERY_USER,
    body=PasswordChange,
    limit=LIMIT,
    example={"body": {"current": KNOWN, "new": "four score and seven years"}},
)
def password(body: PasswordChange, principal: Principal, store: Store) -> None:
    """Change my password; needs the current one, ends my other sessions."""
    passwords.change_password(
        store, principal.subject, body.current, body.new, session=principal.session, address=client_address()
    )


@routes.post(
    "/api/v1/auth/token",
    public="the API key in the form is the credential",
    any_body="a form, whose fields are checked here",
    example={"form": {"apikey": "{secret}"}},
    answer=TokenAnswer,
    headers=NOT_STORED,
)
def token(sessions: Sessions, settings: Settings, verifier: Verifier) -> TokenAnswer:
    """An access token for an API key, sent as the form field `apikey`: for clients that fetch tokens."""
    if flask.request.mimetype != FORM:
        raise Problem(Problems.MEDIA_TYPE, f"Send {FORM} with the field apikey.")
    refuse_unknown_fields(flask.request.form)
    key = flask.request.form.get("apikey", "")
    if not key.startswith("hw_"):
        raise unauthenticated("Send an API key as the form field apikey.")
    principal = verifier.authenticate(f"Bearer {key}")
    made = sessions.token_for_key(principal.subject)
    return TokenAnswer(access_token=made, expires_in=settings.access_seconds)


@routes.get(
    "/api/v1/auth/jwks.json",
    public="public keys",
    answers={},
    headers={"Cache-Control": "public, max-age=300"},
)
def jwks(store: Store) -> dict[str, Any]:
    """The public keys that verify access tokens."""
    return store.identity_snapshot().jwks


def refresh_cookie(settings: Settings) -> Cookie:
    return cookie(settings.public_url, "refresh")


def opened(found: Opened, settings: Settings) -> flask.Response:
    """The tokens of a session: the access token in the body, the refresh token as a cookie."""
    response = answer(TokenAnswer(access_token=found.access, expires_in=settings.access_seconds))
    refresh_cookie(settings).write(response, found.refresh, settings.session_idle_seconds)
    return response


def refuse_unknown_fields(form: MultiDict[str, str]) -> None:
    """422 for a field that OpenLineage clients do not send, or that is given twice."""
    for name, values in form.lists():
        if name not in TOKEN_FIELDS or len(values) > 1:
            message = f"Send {', '.join(TOKEN_FIELDS)}, each at most once."
            raise Problem(Problems.INVALID, message, errors=[{"field": name[:100], "message": message}])


def described(store: Store, subject: str, principal: Principal | None) -> Me:
    """A user for themselves."""
    with store.reading() as connection:
        user = people.by_subject(connection, subject)
        held = people.bindings_of(connection, subject)
    if user is None:
        raise Problem(Problems.NOT_FOUND, "This account does not exist.")
    return Me(
        subject=subject,
        username=str(user.username),
        display_name=user.display_name if isinstance(user.display_name, str) else None,
        roles=sorted({binding.role for binding in held}),
        permissions=sorted(principal.permissions) if principal is not None else [],
    )


def open_sessions(store: Store, principal: Principal) -> SessionPage:
    with store.reading() as connection:
        now = store.now(connection)
        alive = (
            sa.select(session_rows)
            .where(
                session_rows.c.subject == principal.subject,
                session_rows.c.ended_at.is_(None),
                session_rows.c.expires_at > now,
            )
            .order_by(session_rows.c.created_at.desc())
        )
        rows = list(connection.execute(alive))
    return SessionPage(
        items=[
            SessionSummary(
                id=row.id,
                created_at=format_instant(row.created_at),
                used_at=format_instant(row.used_at),
                expires_at=format_instant(row.expires_at),
                current=row.id == principal.session,
            )
            for row in rows
        ]
    )
