"""Settings of the api-gateway and the stream."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.hosting.adapter_settings import OnBus, OnGraph, Serving, WithIdentity
from headwater.runtime.settings import distributed

EMBEDDED_STREAMS = 32
"""Open streams at most in embedded mode, where each holds a thread."""


class Settings(Serving, OnBus, OnGraph, WithIdentity, frozen=True, kw_only=True):
    """Settings of the api-gateway; the stream program reads the same."""

    metrics_engine_url: Annotated[str, distributed("where the metrics-engine answers")] = "http://127.0.0.1:8083"
    alerting_url: Annotated[str, distributed("where alerting answers")] = "http://127.0.0.1:8084"
    static_dir: Annotated[str, Meta(description="folder of the built dashboard; none when empty")] = ""
    stream_clients: Annotated[int, Meta(description="open streams at most", ge=1)] = 2000
    stream_clients_per_user: Annotated[int, Meta(description="open streams of one user or key at most", ge=1)] = 16
    stream_head_seconds: Annotated[
        float, distributed("seconds a caller of the stream program has for the head of a request", gt=0)
    ] = 75.0
    stream_buffer: Annotated[int, Meta(description="events kept for streams that come back", ge=1)] = 2000
    stream_heartbeat: Annotated[float, Meta(description="seconds between signs of life on a quiet stream", gt=0)] = 5.0
