"""Settings of the ingest gateway."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.limits import ProxiedLimits
from headwater.runtime.settings import Secret

EVENT_LIMIT = 16 * 1024 * 1024
"""Bytes of a request body after decompression, and so of one event: what the topics are made for."""


class Settings(ProxiedLimits, frozen=True, kw_only=True):
    """Settings of the ingest gateway."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(description="port to listen on")] = 8082
    workers: Annotated[int, Meta(description="processes that answer requests", ge=1)] = 1
    threads: Annotated[int, Meta(description="requests answered at the same time, in each process", ge=1)] = 8
    kafka_bootstrap: Annotated[str, Meta(description="brokers, host:port with commas between")] = "127.0.0.1:9092"
    auth_url: Annotated[str, Meta(description="where auth answers")] = "http://127.0.0.1:8081"
    service_token: Annotated[Secret, Meta(description="what services show to one another")] = Secret("")
    pepper: Annotated[Secret, Meta(description="what API keys are digested with; the same as auth's")] = Secret("")
    open_ingest: Annotated[bool, Meta(description="take events without a key; on a trusted network only")] = False
    append_timeout: Annotated[float, Meta(description="seconds to wait until events are durable", gt=0)] = 4.0
    in_flight: Annotated[int, Meta(description="requests in work at most; more are asked to come back", ge=1)] = 64
    disk_floor_mb: Annotated[
        int, Meta(description="embedded: megabytes of free disk below which events are refused; 0 takes them all", ge=0)
    ] = 256
    batch_events: Annotated[int, Meta(description="events in one request at most", ge=1)] = 50_000
    kafka_inbound: Annotated[bool, Meta(description="read the inbound topics too")] = True
    inbound_scopes: Annotated[
        tuple[str, ...],
        Meta(description="inbound topics of one producer each, topic=prefix: only namespaces that it covers pass"),
    ] = ()
    inbound_principals: Annotated[
        tuple[str, ...],
        Meta(
            description="inbound topics of one principal each, topic=key:<id of a key> or topic=<subject of a user>: "
            "their records pass with what that principal holds at the moment; through others nobody annotates datasets"
        ),
    ] = ()
    dead_letter_limit: Annotated[
        int,
        Meta(description="waiting dead letters of a topic that close it to new events, alike everywhere", ge=1),
    ] = 10_000
