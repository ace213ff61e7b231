"""Tokens, keys and feeds made by hand."""

import base64
from typing import Any, NamedTuple

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from headwater.contracts.identity import INSTALLATION, ApiKeyRecord, Binding, IdentityChanges, SubjectRecord
from headwater.runtime.identity import apikey
from headwater.runtime.settings import Secret

PEPPER = Secret("pepper of the tests")
SERVICE_TOKEN = Secret("service token of the tests")
NOW = 1_790_000_000
KID = "k1"
PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = PRIVATE.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
JWK: dict[str, Any] = {
    **ECAlgorithm.to_jwk(PRIVATE.public_key(), as_dict=True),
    "kid": KID,
    "alg": "ES256",
    "use": "sig",
}
CLAIMS: dict[str, Any] = {
    "iss": "headwater",
    "aud": "headwater",
    "sub": "ada",
    "jti": "j1",
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + 300,
    "epoch": 1,
    "sid": "s1",
}


def token(*, key: Any = PRIVATE, algorithm: str = "ES256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token as auth makes it, except for the given claims; a claim of None is omitted."""
    held = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(held, key, algorithm=algorithm, headers={"kid": KID, "typ": "at+jwt", **(headers or {})})


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


class Clock:
    def __init__(self) -> None:
        self.now = NOW * 1_000_000

    def __call__(self) -> int:
        return self.now


class Feed:
    """A feed whose state and age the test sets; `later` arrives when it is polled."""

    def __init__(self, state: IdentityChanges) -> None:
        self.state, self.seconds, self.polled_now = state, 0.0, 0
        self.proven: bool | None = None
        self.later: IdentityChanges | None = None

    def current(self) -> IdentityChanges:
        return self.state

    def age(self) -> float:
        return self.seconds

    def poll_now(self, *, proven: bool = False) -> None:
        self.polled_now += 1
        self.proven = proven
        if self.later is not None:
            self.state = self.later


class MadeKey(NamedTuple):
    text: str
    record: ApiKeyRecord


def made_key(*permissions: str, owner: str = INSTALLATION, **more: Any) -> MadeKey:
    key = apikey.mint()
    digest = apikey.digest(PEPPER, key.secret)
    record = ApiKeyRecord(id=key.id, digest=digest, owner=owner, permissions=permissions, **more)
    return MadeKey(key.text(), record)


def subject(name: str = "ada", *bindings: Binding, epoch: int = 1, disabled: bool = False) -> SubjectRecord:
    held = bindings or (Binding("viewer"),)
    return SubjectRecord(subject=name, epoch=epoch, disabled=disabled, bindings=held)


def state(
    keys: list[ApiKeyRecord] | None = None, subjects: list[SubjectRecord] | None = None, cursor: int = 1
) -> IdentityChanges:
    return IdentityChanges(
        cursor=cursor,
        jwks={"keys": [JWK]},
        pepper_id="p",
        keys=keys or [],
        subjects=[subject()] if subjects is None else subjects,
    )


def revoked(record: ApiKeyRecord) -> ApiKeyRecord:
    return msgspec.structs.replace(record, revoked=True)
