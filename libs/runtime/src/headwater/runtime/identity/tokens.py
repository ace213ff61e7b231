"""The one place where access tokens are checked: ES256, `at+jwt`, every claim required and typed."""

import base64
import re
from collections.abc import Mapping
from typing import Any

import jwt
import msgspec

ALGORITHM = "ES256"
TYPE = "at+jwt"
ISSUER = "headwater"
AUDIENCE = "headwater"
LONGEST = 8192
NOT_BEFORE_LEEWAY = 30
LONGEST_LIFE = 3600
_COMPACT = re.compile(r"([A-Za-z0-9_-]{1,1024})\.([A-Za-z0-9_-]{1,7000})\.([A-Za-z0-9_-]{86})")


class TokenRefused(Exception):
    """The token is not accepted; the message is for the log, the response only says that it is not valid."""


class UnknownKey(TokenRefused):
    """The signing key in the header is not known, perhaps because it is new."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All members that a header may have: jku, jwk, x5u, crit and the like are refused because they are not listed."""

    alg: str
    kid: str
    typ: str


class AccessClaims(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds. `epoch`: tokens of an older epoch than the subject's are invalid. `sid`: the session."""

    iss: str
    aud: str
    sub: str
    jti: str
    exp: int
    nbf: int
    iat: int
    epoch: int
    sid: str = ""


def verify(
    token: str, keys: Mapping[str, Any], *, now: int, issuer: str = ISSUER, audience: str = AUDIENCE
) -> AccessClaims:
    """The claims of a token that is valid at `now` (seconds). `keys`: public keys by kid. Raises TokenRefused."""
    key = _key_of(token, keys)
    try:
        decoded = jwt.decode_complete(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=issuer,
            # Times are compared below, with the injected clock.
            options={
                "require": ["iss", "aud", "exp", "nbf", "iat", "sub", "jti"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "strict_aud": True,
            },
        )
        claims = msgspec.convert(decoded["payload"], AccessClaims)
    except (jwt.InvalidTokenError, msgspec.ValidationError, ValueError, RecursionError) as error:
        raise TokenRefused(f"{type(error).__name__}: {error}"[:300]) from None
    if not claims.sub or not claims.jti:
        raise TokenRefused("empty sub or jti")
    if claims.exp <= now:
        raise TokenRefused("expired")
    if claims.exp - claims.iat > LONGEST_LIFE:
        raise TokenRefused("lifetime too long")
    if claims.nbf > now + NOT_BEFORE_LEEWAY or claims.iat > now + NOT_BEFORE_LEEWAY:
        raise TokenRefused("not valid yet")
    return claims


def _key_of(token: str, keys: Mapping[str, Any]) -> Any:
    """The key that the header names, after a check of the token's encoding and header."""
    match = _COMPACT.fullmatch(token) if len(token) <= LONGEST else None
    if match is None:
        raise TokenRefused("not a compact token")
    for part in match.groups():
        if not _canonical(part):
            raise TokenRefused("base64 with unused bits set")
    try:
        header = msgspec.json.decode(_decoded(match[1]), type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TokenRefused(f"header: {error}"[:300]) from None
    if header.alg != ALGORITHM or header.typ != TYPE:
        raise TokenRefused("header: alg or typ")
    key = keys.get(header.kid)
    if key is None:
        raise UnknownKey("header: unknown kid")
    return key


def _canonical(part: str) -> bool:
    """Base64 without unused bits in its last character: else two texts would be one token."""
    try:
        return base64.urlsafe_b64encode(_decoded(part)).rstrip(b"=").decode() == part
    except ValueError:
        return False


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def public_keys(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """Keys by kid. Anything but a P-256 key for ES256 signatures is left out, and so is a duplicate kid."""
    found: dict[str, Any] = {}
    twice: set[str] = set()
    for entry in jwks.get("keys", ()):
        kid = entry.get("kid")
        if not isinstance(kid, str) or entry.get("kty") != "EC" or entry.get("crv") != "P-256":
            continue
        if entry.get("alg") != ALGORITHM or entry.get("use", "sig") != "sig":
            continue
        if kid in found:
            twice.add(kid)
        try:
            found[kid] = jwt.PyJWK.from_dict(entry, algorithm=ALGORITHM).key
        except (jwt.PyJWTError, ValueError):
            continue
    return {kid: key for kid, key in found.items() if kid not in twice}
