"""Settings of the lineage-writer."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.hosting.adapter_settings import Consuming, OnBus, OnGraph, Serving
from headwater.runtime.settings import distributed


class Settings(Serving, OnBus, OnGraph, Consuming, frozen=True, kw_only=True):
    """Settings of the lineage-writer."""

    port: Annotated[int, distributed("port to listen on, for health and metrics", flag="--port", ge=0, le=65_535)] = (
        8086
    )
    threads: Annotated[int, distributed("requests answered at the same time", ge=1)] = 2
    batch_records: Annotated[int, Meta(description="maximum of records applied in one transaction", ge=1)] = 1000
