"""Settings of auth."""

from typing import Annotated, Literal

from msgspec import Meta

from headwater.runtime.adapter_settings import Consuming, OnBus
from headwater.runtime.limits import ProxiedLimits
from headwater.runtime.settings import Secret


class Settings(ProxiedLimits, OnBus, Consuming, frozen=True, kw_only=True):
    """Settings of auth."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(description="port to listen on")] = 8081
    threads: Annotated[int, Meta(description="requests answered at the same time", ge=1)] = 8
    database_url: Annotated[Secret, Meta(description="SQLAlchemy address of PostgreSQL or SQLite")] = Secret("")
    service_token: Annotated[Secret, Meta(description="what services show to one another")] = Secret("")
    pepper: Annotated[
        Secret, Meta(description="key outside the database, 32 characters or more, for API keys and signing keys")
    ] = Secret("")
    registration: Annotated[
        Literal["closed", "open"], Meta(description="whether strangers may register themselves")
    ] = "closed"
    registration_role: Annotated[str, Meta(description="role of those who registered themselves; empty gives none")] = (
        "viewer"
    )
    admin_password: Annotated[
        Secret, Meta(description="password of the first administrator; made at random when not set")
    ] = Secret("")
    access_seconds: Annotated[int, Meta(description="life of an access token", ge=30, le=600)] = 300
    session_idle_seconds: Annotated[int, Meta(description="a session ends when unused for so long", ge=300)] = 43_200
    session_seconds: Annotated[int, Meta(description="a session ends after so long in any case", ge=300)] = 604_800
    session_limit: Annotated[int, Meta(description="sessions of one user; the oldest ends", ge=1)] = 10
