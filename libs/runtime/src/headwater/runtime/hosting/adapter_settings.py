"""Settings that follow from what a service needs; each service's settings begin with those of its needs. Those marked
`distributed` configure a server that the embedded product does not have: there the data directory replaces all of them.
"""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.settings import Secret, ServiceSettings, distributed
from headwater.runtime.web.limits import ConnectionLimits


class Listening(ServiceSettings, frozen=True, kw_only=True):
    """For a program that answers requests; each service has a port of its own."""

    host: Annotated[str, distributed("address to listen on", flag="--host")] = "127.0.0.1"
    port: Annotated[int, distributed("port to listen on", flag="--port", ge=0, le=65_535)] = 8080
    threads: Annotated[int, distributed("requests answered at the same time", ge=1)] = 8


class Serving(Listening, ConnectionLimits, frozen=True, kw_only=True):
    """For a program that answers requests which a proxy or the api-gateway passes on, all from a few addresses."""

    connections_per_address: Annotated[
        int, distributed("open connections from one address (IPv6: one /64); 0: no limit, for a proxy in front", ge=0)
    ] = 0


class OnBus(ServiceSettings, frozen=True, kw_only=True):
    """For a program that reads or writes topics."""

    kafka_bootstrap: Annotated[str, distributed("brokers as host:port, separated by commas")] = "127.0.0.1:9092"


class OnGraph(ServiceSettings, frozen=True, kw_only=True):
    """For a program that reads or writes the graph."""

    neo4j_uri: Annotated[str, distributed("Bolt address of the graph")] = "bolt://127.0.0.1:7687"
    neo4j_user: Annotated[str, distributed("user of the graph")] = "neo4j"
    neo4j_password: Annotated[Secret, distributed("password of the graph's user")] = Secret("")


class OnDatabase(ServiceSettings, frozen=True, kw_only=True):
    """For a program with tables of its own."""

    database_url: Annotated[Secret, distributed("SQLAlchemy URL of PostgreSQL")] = Secret("")


class WithIdentity(ServiceSettings, frozen=True, kw_only=True):
    """For a program that checks credentials."""

    auth_url: Annotated[str, distributed("URL of auth")] = "http://127.0.0.1:8081"
    service_token: Annotated[Secret, distributed("credential that services use between one another")] = Secret("")
    pepper: Annotated[Secret, distributed("secret for digests of API keys; the same in all services")] = Secret("")


class Consuming(ServiceSettings, frozen=True, kw_only=True):
    """For a program that consumes topics."""

    batch_records: Annotated[int, Meta(description="maximum number of records handled in one transaction", ge=1)] = 500
    dead_letter_limit: Annotated[
        int,
        Meta(description="waiting dead letters at which a topic accepts no new events; the same in all services", ge=1),
    ] = 10_000
