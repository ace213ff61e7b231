"""Settings of auth."""

from typing import Annotated, Literal

from msgspec import Meta

from headwater.runtime.hosting.adapter_settings import Consuming, OnBus, OnDatabase, Serving
from headwater.runtime.settings import Secret, distributed


class Settings(Serving, OnBus, OnDatabase, Consuming, frozen=True, kw_only=True):
    """Settings of auth."""

    port: Annotated[int, distributed("port to listen on", flag="--port", ge=0, le=65_535)] = 8081
    service_token: Annotated[Secret, distributed("credential that services use between one another")] = Secret("")
    pepper: Annotated[
        Secret, distributed("secret outside the database, 32 characters or more, for API keys and signing keys")
    ] = Secret("")
    registration: Annotated[Literal["closed", "open"], Meta(description="whether anybody may register an account")] = (
        "closed"
    )
    registration_role: Annotated[
        Literal["", "viewer", "producer", "engineer", "steward"],
        Meta(description="role of registered accounts; empty grants none"),
    ] = "viewer"
    admin_password: Annotated[
        Secret, Meta(description="password of the first administrator; generated at random when not set")
    ] = Secret("")
    access_seconds: Annotated[int, Meta(description="lifetime of an access token", ge=30, le=600)] = 300
    session_idle_seconds: Annotated[int, Meta(description="a session ends when unused for this long", ge=300)] = 43_200
    session_seconds: Annotated[int, Meta(description="a session ends after this long in any case", ge=300)] = 604_800
    session_limit: Annotated[int, Meta(description="maximum of sessions of one user; the oldest ends", ge=1)] = 10
