"""What a channel is, and what it answers when it was given a notification."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from headwater.contracts.alerts import AlertEvent
from headwater.runtime.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)


class Notification(NamedTuple):
    """What people are to know. `external_url`: address of the dashboard, for links; empty when none is set."""

    event: AlertEvent
    external_url: str = ""


@dataclass(frozen=True)
class Delivered:
    """The receiver has taken it."""


@dataclass(frozen=True)
class Retry:
    """The receiver has not taken it and may do so later.

    reason: for people, without secrets. after: seconds that the receiver asked to be left alone.
    """

    reason: str
    after: float = 0.0


@dataclass(frozen=True)
class Rejected:
    """The receiver will never take it. reason: for people, without secrets."""

    reason: str


Delivery = Delivered | Retry | Rejected


class Channel(Protocol):
    """Delivers one notification, and says whether trying again can help when it could not."""

    @property
    def timeout(self) -> float:
        """Seconds that a receiver may keep `send` waiting."""

    def send(self, notification: Notification) -> Delivery:
        """Deliver it once. Whatever the receiver or the network does is answered, not raised."""


@dataclass(frozen=True, kw_only=True)
class ChannelType(Generic[S]):
    """A channel as its folder declares it; making this value opens nothing.

    name: of its folder, of its rows in the queue, and of it in series. about: one line for the documentation.
    settings: a group whose names begin with `name`. enabled: whether they say where to deliver. create: raises
    ValueError naming the setting that is wrong.
    """

    name: str
    about: str
    settings: type[S]
    enabled: Callable[[S], bool]
    create: Callable[[S], Channel]
