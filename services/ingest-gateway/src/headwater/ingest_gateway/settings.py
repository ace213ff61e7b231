"""Settings of the ingest gateway."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.hosting.adapter_settings import OnBus, Serving, WithIdentity
from headwater.runtime.settings import distributed, embedded

EVENT_LIMIT = 16 * 1024 * 1024
"""Maximum of bytes of a request body after decompression, and so of one event, for which the topics are configured."""


class Settings(Serving, OnBus, WithIdentity, frozen=True, kw_only=True):
    """Settings of the ingest gateway."""

    port: Annotated[int, distributed("port to listen on", flag="--port", ge=0, le=65_535)] = 8082
    open_ingest: Annotated[
        bool, distributed("accept events without a key; only on a trusted network", flag="--open-ingest")
    ] = False
    append_timeout: Annotated[float, Meta(description="seconds to wait until events are durable", gt=0)] = 4.0
    in_flight: Annotated[int, Meta(description="maximum of concurrent requests; more are refused with 503", ge=1)] = 64
    disk_floor_mb: Annotated[
        int, embedded("megabytes of free disk below which events are refused; 0 accepts them all", ge=0)
    ] = 256
    batch_events: Annotated[int, Meta(description="maximum of events in one request", ge=1)] = 50_000
    kafka_inbound: Annotated[bool, distributed("read the inbound topics too")] = True
    inbound_scopes: Annotated[
        tuple[str, ...],
        distributed("inbound topics of one producer each, topic=prefix: only namespaces that it covers are accepted"),
    ] = ()
    inbound_principals: Annotated[
        tuple[str, ...],
        distributed(
            "inbound topics of one principal each, topic=key:<id of a key> or topic=<subject of a user>: "
            "their records have the current permissions of that principal; other topics may not annotate datasets"
        ),
    ] = ()
    dead_letter_limit: Annotated[
        int,
        Meta(description="waiting dead letters at which a topic accepts no new events; the same in all services", ge=1),
    ] = 10_000
