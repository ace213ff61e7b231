"""Settings that all processes of the embedded product share, from the environment."""

from typing import Annotated

from msgspec import Meta

from headwater.runtime.settings import ServiceSettings


class Limits(ServiceSettings, frozen=True, kw_only=True):
    """Read by `front` and `workers` alike, so that both mean the same."""

    dead_letter_limit: Annotated[
        int, Meta(description="waiting dead letters of a topic from which on its new events are refused", ge=1)
    ] = 10_000
