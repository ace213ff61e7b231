"""Settings of the embedded product beside those of its services."""

from typing import Annotated

from headwater.runtime.settings import embedded
from headwater.runtime.web.limits import ConnectionLimits


class Settings(ConnectionLimits, frozen=True, kw_only=True):
    """Settings of `headwater up`."""

    metrics_port: Annotated[
        int,
        embedded(
            "further port, at the address listened on, with /metrics, /livez and /readyz, without credentials; 0: none",
            ge=0,
            le=65_535,
        ),
    ] = 0
