"""What every program demands of a request before anything else: where it was sent, and where it comes from."""

from typing import Annotated, NamedTuple

from msgspec import Meta

from headwater.runtime.settings import ServiceSettings
from headwater.runtime.web.hosts import AllowedHosts
from headwater.runtime.web.proxies import TrustedProxies


class WebSettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of every program that answers HTTP. Raises SettingsError when one of them cannot be read."""

    public_url: Annotated[
        str, Meta(description="address under which browsers reach the product; https makes cookies Secure")
    ] = "http://127.0.0.1:8080"
    allowed_hosts: Annotated[
        tuple[str, ...],
        Meta(
            description="further names by which the product may be called, with commas between; localhost, literal "
            "addresses, the host of the public URL and a service's own name always are"
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="networks of the proxies in front, with commas between: their X-Forwarded-For is believed"),
    ] = ()

    def __post_init__(self) -> None:
        policy_of(self)


class RequestPolicy(NamedTuple):
    """By default: loopback names and literal addresses, and no proxy in front.

    scraping: the permission without which the series are for callers on this machine alone; empty: for all callers.
    """

    hosts: AllowedHosts = AllowedHosts()
    proxies: TrustedProxies = TrustedProxies()
    scraping: str = ""


def policy_of(settings: WebSettings, service: str = "") -> RequestPolicy:
    """The policy that settings ask for. service: the name by which other programs call this one. Raises SettingsError.

    Embedded, no program calls another by name; there `service` stays empty, because a hostile network may let a name
    without dots point anywhere.
    """
    return RequestPolicy(
        AllowedHosts(settings.public_url, names=settings.allowed_hosts, internal_names=(service,) if service else ()),
        TrustedProxies(settings.trusted_proxies),
    )
