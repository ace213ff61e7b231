"""Log in, stay in, leave; and the tokens that clients without a browser fetch."""

import flask
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from headwater.auth import accounts, attempts, devices, passwords, people
from headwater.auth.sessions import Opened, Sessions
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.auth.tables import sessions as session_rows
from headwater.auth.views.browser import cookie, need_own_client
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
from headwater.runtime.identity import Principal, Verifier
from headwater.runtime.problem import Problem, unauthenticated
from headwater.runtime.web import (
    answer,
    any_body,
    body,
    client_address,
    current_principal,
    documented,
    permission,
    public,
)

LIMIT = 65_536
# OpenLineage clients in Python and Java send all three.
TOKEN_FIELDS = ("apikey", "grant_type", "response_type")
FORM = "application/x-www-form-urlencoded"


def sessions_blueprint(store: Store, sessions: Sessions, settings: Settings, verifier: Verifier) -> flask.Blueprint:
    """Routes below /api/v1/auth."""
    bp = flask.Blueprint("sessions", __name__, url_prefix="/api/v1/auth")
    refreshing = cookie(settings.public_url, "refresh")

    def opened(found: Opened) -> flask.Response:
        response = answer(TokenAnswer(access_token=found.access, expires_in=settings.access_seconds))
        refreshing.write(response, found.refresh, settings.session_idle_seconds)
        return private(response)

    @bp.post("/login")
    @public("who logs in has no token yet; failures are counted and slowed down")
    @documented(body=LoginRequest, answer={200: TokenAnswer})
    def login() -> flask.Response:
        """An access token for a name and a password; as cookies the refresh token and what makes the device known."""
        asked = body(LoginRequest, limit=LIMIT)
        device = cookie(settings.public_url, devices.cookie_name(store, asked.username))
        found = sessions.login(asked.username, asked.password, address=client_address(), device=device.read())
        response = opened(found)
        device.write(response, found.device, devices.LIFE_SECONDS)
        return response

    @bp.post("/register")
    @public("closed unless the administrator opens it; who registers gets one fixed role")
    @documented(body=RegisterRequest, answer={201: Me})
    def register() -> flask.Response:
        """A new account for oneself, where the administrator allows it."""
        if settings.registration != "open":
            raise Problem(Problems.FORBIDDEN, "Registration is closed here: ask an administrator for an account.")
        asked = body(RegisterRequest, limit=LIMIT)
        attempts.count_registration(store, client_address())
        roles = (settings.registration_role,) if settings.registration_role else ()
        subject = accounts.create_user(
            store,
            asked.username,
            asked.password,
            roles=roles,
            display_name=asked.display_name,
            actor=accounts.ANONYMOUS,
        )
        return private(answer(described(store, subject, None), 201))

    @bp.post("/refresh")
    @public("the refresh cookie is the credential; other sites cannot make a browser send it")
    @documented(answer={200: TokenAnswer})
    def refresh() -> flask.Response:
        """The next access token for the refresh cookie, which is replaced; each cookie works once."""
        need_own_client()
        token = refreshing.read()
        if not token:
            raise unauthenticated("There is no session: log in.")
        return opened(sessions.refresh(token))

    @bp.post("/logout")
    @public("ends the session of the refresh cookie that is shown, and nothing else")
    @documented(answer={204: None})
    def logout() -> flask.Response:
        """Leave: the session ends, its access tokens within seconds."""
        need_own_client()
        token = refreshing.read()
        if token:
            sessions.end_by_refresh_token(token)
        response = private(flask.Response(status=204))
        refreshing.clear(response)
        return response

    @bp.get("/me")
    @permission(EVERY_USER)
    @documented(answer={200: Me})
    def me() -> flask.Response:
        """Who I am and what I may do."""
        return private(answer(described(store, current_principal().subject, current_principal())))

    @bp.get("/sessions")
    @permission(EVERY_USER)
    @documented(answer={200: SessionPage})
    def mine() -> flask.Response:
        """My open sessions."""
        return private(answer(open_sessions(store, current_principal())))

    @bp.delete("/sessions/<session>")
    @permission(EVERY_USER)
    @documented(answer={204: None})
    def end(session: str) -> flask.Response:
        """End one of my sessions."""
        principal = current_principal()
        if not sessions.end(
            session, actor=f"user:{principal.subject}", subject=principal.subject, action="session.end"
        ):
            raise Problem(Problems.NOT_FOUND, "There is no such session.")
        return flask.Response(status=204)

    @bp.delete("/sessions")
    @permission(EVERY_USER)
    @documented(answer={204: None})
    def end_all() -> flask.Response:
        """End all my sessions, this one too."""
        principal = current_principal()
        sessions.end_all(principal.subject, actor=f"user:{principal.subject}")
        return flask.Response(status=204)

    @bp.post("/password")
    @permission(EVERY_USER)
    @documented(body=PasswordChange, answer={204: None})
    def password() -> flask.Response:
        """Change my password; needs the current one, ends my other sessions."""
        asked, principal = body(PasswordChange, limit=LIMIT), current_principal()
        passwords.change_password(
            store, principal.subject, asked.current, asked.new, session=principal.session, address=client_address()
        )
        return flask.Response(status=204)

    @bp.post("/token")
    @public("the API key in the form is the credential")
    @any_body("a form, whose fields are checked here")
    @documented(answer={200: TokenAnswer})
    def token() -> flask.Response:
        """An access token for an API key, sent as the form field `apikey`: for clients that fetch tokens."""
        if flask.request.mimetype != FORM:
            raise Problem(Problems.MEDIA_TYPE, f"Send {FORM} with the field apikey.")
        refuse_unknown_fields(flask.request.form)
        key = flask.request.form.get("apikey", "")
        if not key.startswith("hw_"):
            raise unauthenticated("Send an API key as the form field apikey.")
        principal = verifier.authenticate(f"Bearer {key}")
        made = sessions.token_for_key(principal.subject)
        return private(answer(TokenAnswer(access_token=made, expires_in=settings.access_seconds)))

    @bp.get("/jwks.json")
    @public("public keys")
    @documented()
    def jwks() -> flask.Response:
        """The public keys that verify access tokens."""
        return answer(store.identity_snapshot().jwks, headers={"Cache-Control": "public, max-age=300"})

    return bp


def refuse_unknown_fields(form: MultiDict[str, str]) -> None:
    """422 that names a field which no client of ours sends, or which stands twice."""
    for name, values in form.lists():
        if name not in TOKEN_FIELDS or len(values) > 1:
            message = f"Send {', '.join(TOKEN_FIELDS)}, each once at most."
            raise Problem(Problems.INVALID, message, errors=[{"field": name[:100], "message": message}])


def private(response: flask.Response) -> flask.Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def described(store: Store, subject: str, principal: Principal | None) -> Me:
    """A user as they see themselves."""
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
