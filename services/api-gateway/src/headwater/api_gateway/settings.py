"""Settings of the api-gateway and the stream."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.hosting.adapter_settings import OnBus, OnGraph, Serving, WithIdentity
from headwater.runtime.settings import distributed

EMBEDDED_STREAMS = 32
"""Maximum of open streams in embedded mode, where each occupies a thread."""


class Settings(Serving, OnBus, OnGraph, WithIdentity, frozen=True, kw_only=True):
    """Settings of the api-gateway; the stream program reads the same."""

    metrics_engine_url: Annotated[str, distributed("URL of the metrics-engine")] = "http://127.0.0.1:8083"
    alerting_url: Annotated[str, distributed("URL of alerting")] = "http://127.0.0.1:8084"
    static_dir: Annotated[str, Meta(description="folder of the built dashboard; none when empty")] = ""
    stream_clients: Annotated[int, Meta(description="maximum of open streams", ge=1)] = 2000
    stream_clients_per_user: Annotated[int, Meta(description="maximum of open streams of one user or key", ge=1)] = 16
    stream_head_seconds: Annotated[
        float, distributed("seconds for the head of a request to the stream program to arrive", gt=0)
    ] = 75.0
    stream_buffer: Annotated[int, Meta(description="events kept for streams that reconnect", ge=1)] = 2000
    stream_heartbeat: Annotated[float, Meta(description="seconds between keep-alives on an idle stream", gt=0)] = 5.0
