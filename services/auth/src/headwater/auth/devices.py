"""Devices from which a user has logged in before: recognised by a signed token that the browser keeps in a cookie.

The token does not authenticate. Wrong passwords of its holder are counted separately, so that strangers cannot block
the owner. It is bound to one user, expires, and each log-in replaces it.
"""

import hmac
import re
import secrets

from headwater.auth.rules import username_key
from headwater.auth.store import Store

LIFE_SECONDS = 90 * 86_400
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9]{1,12})\.([0-9a-f]{64})")


def issue(store: Store, subject: str, *, now: int) -> str:
    """A token for a device of the user. `now`: microseconds."""
    device, expires = secrets.token_hex(16), now // 1_000_000 + LIFE_SECONDS
    return f"{device}.{expires}.{_signature(store, subject, device, str(expires))}"


def known(store: Store, token: str | None, subject: str, *, now: int) -> str | None:
    """The id of the device, when the token was issued for this user and has not expired."""
    found = _TOKEN.fullmatch(token or "")
    if found is None:
        return None
    device, expires, signature = found.groups()
    right = hmac.compare_digest(signature, _signature(store, subject, device, expires))
    return device if right and int(expires) * 1_000_000 > now else None


def cookie_name(store: Store, username: str) -> str:
    """One cookie per user, as several may use one browser; the name does not reveal the user."""
    return "device_" + store.keyed("device cookie", username_key(username[:1024]))[:16]


def _signature(store: Store, subject: str, device: str, expires: str) -> str:
    return store.keyed("device", f"{subject}\0{device}\0{expires}")
