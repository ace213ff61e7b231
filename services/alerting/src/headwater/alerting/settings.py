"""Settings of alerting, including those of its channels."""

from typing import Annotated

from msgspec import Meta

from headwater.alerting.channels import CHANNELS
from headwater.runtime.hosting.adapter_settings import Consuming, OnBus, OnDatabase, Serving, WithIdentity
from headwater.runtime.settings import distributed, joined


class OwnSettings(Serving, OnBus, OnDatabase, WithIdentity, Consuming, frozen=True, kw_only=True):
    """Settings of alerting."""

    port: Annotated[int, distributed("port to listen on", flag="--port", ge=0, le=65_535)] = 8084
    threads: Annotated[int, distributed("requests answered at the same time", ge=1)] = 4
    window_grace_seconds: Annotated[
        float, Meta(description="seconds after its end until a window counts as closed and rules judge it", ge=0)
    ] = 3600.0
    external_url: Annotated[str, Meta(description="address of the dashboard, for links in notifications")] = ""


Settings = joined("Settings", OwnSettings, [channel.settings for channel in CHANNELS])
