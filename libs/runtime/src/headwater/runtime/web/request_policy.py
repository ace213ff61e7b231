"""The first checks of every request: the host it was sent to, and where it comes from."""

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
            description="further host names of the product, separated by commas; localhost, literal "
            "addresses, the host of the public URL and a service's own name are always allowed"
        ),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(description="networks of the proxies in front, separated by commas: their X-Forwarded-For is trusted"),
    ] = ()

    def __post_init__(self) -> None:
        policy_of(self)


class RequestPolicy(NamedTuple):
    """By default: loopback names and literal addresses, and no proxy in front.

    scraping: the permission to read the series from another machine; empty: all callers may read them.
    """

    hosts: AllowedHosts = AllowedHosts()
    proxies: TrustedProxies = TrustedProxies()
    scraping: str = ""


def policy_of(settings: WebSettings, service: str = "") -> RequestPolicy:
    """The policy configured by settings. service: the name by which other services call this one. Raises SettingsError.

    In embedded mode no service calls another by name; `service` stays empty there, because a hostile network may
    resolve a name without dots to any address.
    """
    return RequestPolicy(
        AllowedHosts(settings.public_url, names=settings.allowed_hosts, internal_names=(service,) if service else ()),
        TrustedProxies(settings.trusted_proxies),
    )
