"""What the embedded product may be told beside what its services may."""

from headwater.runtime.limits import ConnectionLimits


class Settings(ConnectionLimits, frozen=True, kw_only=True):
    """Settings of `headwater up`."""
