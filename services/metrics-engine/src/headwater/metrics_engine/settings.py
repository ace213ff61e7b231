"""Settings of the metrics-engine."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.hosting.adapter_settings import Consuming, OnBus, OnDatabase, Serving, WithIdentity
from headwater.runtime.settings import distributed


class Settings(Serving, OnBus, OnDatabase, WithIdentity, Consuming, frozen=True, kw_only=True):
    """Settings of the metrics-engine."""

    port: Annotated[int, distributed("port to listen on", flag="--port", ge=0, le=65_535)] = 8083
    window_seconds: Annotated[int, Meta(description="length of a metric window; a change recomputes it", ge=1)] = 86_400
    revision_seconds: Annotated[
        float, Meta(description="minimum time between two published revisions of a window", ge=0)
    ] = 1.0
    kept_days: Annotated[
        int, Meta(description="how long the row of a prediction is kept after the last event about it", ge=1)
    ] = 90
