"""Settings of the lineage-writer."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.limits import ConnectionLimits
from headwater.runtime.settings import Secret


class Settings(ConnectionLimits, frozen=True, kw_only=True):
    """Settings of the lineage-writer."""

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(description="port to listen on, for health and metrics")] = 8086
    kafka_bootstrap: Annotated[str, Meta(description="brokers, host:port with commas between")] = "127.0.0.1:9092"
    neo4j_uri: Annotated[str, Meta(description="where Neo4j answers")] = "bolt://127.0.0.1:7687"
    neo4j_user: Annotated[str, Meta(description="user in Neo4j")] = "neo4j"
    neo4j_password: Annotated[Secret, Meta(description="password in Neo4j")] = Secret("")
    batch_records: Annotated[int, Meta(description="records applied in one transaction at most", ge=1)] = 1000
    dead_letter_limit: Annotated[
        int,
        Meta(description="waiting dead letters of a topic that close it to new events, alike everywhere", ge=1),
    ] = 10_000
