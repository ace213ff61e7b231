"""Settings of the api-gateway and the stream."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.limits import ProxiedLimits
from headwater.runtime.settings import Secret


class Settings(ProxiedLimits, frozen=True, kw_only=True):
    """Settings of the api-gateway; the stream program reads the same."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(description="port to listen on")] = 8080
    threads: Annotated[int, Meta(description="requests answered at the same time", ge=1)] = 8
    neo4j_uri: Annotated[str, Meta(description="Bolt address of the graph")] = "bolt://127.0.0.1:7687"
    neo4j_user: Annotated[str, Meta(description="user of the graph")] = "neo4j"
    neo4j_password: Annotated[Secret, Meta(description="password of the graph's user")] = Secret("")
    kafka_bootstrap: Annotated[str, Meta(description="brokers, host:port with commas between")] = "127.0.0.1:9092"
    auth_url: Annotated[str, Meta(description="where auth answers")] = "http://127.0.0.1:8081"
    metrics_engine_url: Annotated[str, Meta(description="where the metrics-engine answers")] = "http://127.0.0.1:8083"
    alerting_url: Annotated[str, Meta(description="where alerting answers")] = "http://127.0.0.1:8084"
    service_token: Annotated[Secret, Meta(description="what services show to one another")] = Secret("")
    pepper: Annotated[Secret, Meta(description="what API keys are digested with; the same as auth's")] = Secret("")
    static_dir: Annotated[str, Meta(description="folder of the built dashboard; none when empty")] = ""
    stream_clients: Annotated[int, Meta(description="open streams at most", ge=1)] = 2000
    stream_clients_per_user: Annotated[int, Meta(description="open streams of one user or key at most", ge=1)] = 16
    stream_head_seconds: Annotated[
        float, Meta(description="seconds a caller of the stream program has for the head of a request", gt=0)
    ] = 75.0
    stream_buffer: Annotated[int, Meta(description="events kept for streams that come back", ge=1)] = 2000
    stream_heartbeat: Annotated[float, Meta(description="seconds between signs of life on a quiet stream", gt=0)] = 5.0
