"""Settings of the webhook."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.settings import Secret, ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """The receiver of alerts."""

    webhook_url: Annotated[
        Secret, Meta(description="where firing and resolved alerts are posted; it may carry a token; none when empty")
    ] = Secret("")
    webhook_timeout: Annotated[float, Meta(description="seconds until a webhook counts as failed", gt=0)] = 5.0
