"""What the metrics engine may be observed."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.limits import ConnectionLimits
from headwater.runtime.settings import Secret


class Settings(ConnectionLimits, frozen=True, kw_only=True):
    """Settings of the metrics-engine."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(description="port to listen on")] = 8083
    threads: Annotated[int, Meta(description="requests answered at the same time", ge=1)] = 8
    data_dir: Annotated[str, Meta(description="folder of the embedded product's data")] = "data"
    kafka_bootstrap: Annotated[str, Meta(description="brokers, host:port with commas between")] = "127.0.0.1:9092"
    database_url: Annotated[
        Secret, Meta(description="SQLAlchemy URL of the tables; SQLite in the data folder when empty")
    ] = Secret("")
    auth_url: Annotated[str, Meta(description="where auth answers")] = "http://127.0.0.1:8081"
    service_token: Annotated[Secret, Meta(description="what services show to one another")] = Secret("")
    pepper: Annotated[Secret, Meta(description="secret with which API keys are digested")] = Secret("")
    window_seconds: Annotated[int, Meta(description="length of a metric window; a change recomputes it", ge=1)] = 86_400
    revision_seconds: Annotated[
        float, Meta(description="least time between two published revisions of a window", ge=0)
    ] = 1.0
    kept_days: Annotated[
        int, Meta(description="how long the row of a prediction is kept after the last event about it", ge=1)
    ] = 90
    batch_records: Annotated[int, Meta(description="records handled in one transaction at most", ge=1)] = 500
    dead_letter_limit: Annotated[
        int,
        Meta(description="waiting dead letters of a topic that close it to new events, alike everywhere", ge=1),
    ] = 10_000
