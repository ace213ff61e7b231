"""The interface of a channel, and the outcomes of a delivery."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from headwater.contracts.alerts import AlertEvent
from headwater.runtime.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)


class Notification(NamedTuple):
    """The content of a notification. `external_url`: address of the dashboard, for links; empty when none is set."""

    event: AlertEvent
    external_url: str = ""


@dataclass(frozen=True)
class Delivered:
    """The receiver has accepted it."""


@dataclass(frozen=True)
class Retry:
    """The receiver has not accepted it; a retry may succeed.

    reason: for people, without secrets. after: seconds until a retry, if the receiver requested it.
    """

    reason: str
    after: float = 0.0


@dataclass(frozen=True)
class Rejected:
    """The receiver will never accept it. reason: for people, without secrets."""

    reason: str


Delivery = Delivered | Retry | Rejected


class Channel(Protocol):
    """Delivers one notification; a failure states whether a retry can succeed."""

    @property
    def timeout(self) -> float:
        """Time limit of `send` in seconds."""

    def send(self, notification: Notification) -> Delivery:
        """Deliver it once. Failures of the receiver or the network are returned, not raised."""


@dataclass(frozen=True, kw_only=True)
class ChannelType(Generic[S]):
    """The declaration of a channel; creating it opens nothing.

    name: of its folder, of its rows in the queue, and in series. about: one line for the documentation.
    settings: a group whose names begin with `name`. enabled: whether they configure a receiver. create: raises
    ValueError naming the setting that is wrong.
    """

    name: str
    about: str
    settings: type[S]
    enabled: Callable[[S], bool]
    create: Callable[[S], Channel]
