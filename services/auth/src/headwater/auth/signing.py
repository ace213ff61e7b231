"""The keys that sign access tokens: created here, stored encrypted in the database, published as JWKS."""

import hashlib
import hmac
import secrets
from typing import Any, NamedTuple

import jwt
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from headwater.auth.counting import next_number
from headwater.auth.tables import signing_keys
from headwater.auth.trail import Act, record
from headwater.runtime.identity import tokens
from headwater.runtime.settings import Secret


class SigningKey(NamedTuple):
    kid: str
    private: ec.EllipticCurvePrivateKey


def ensure_key(connection: sa.Connection, *, pepper: Secret, now: int) -> SigningKey:
    """The newest key; created when there is none. The transaction must be a writing one."""
    next_number(connection, "identity")  # takes the lock: two programs that start together create one key
    newest = (
        sa.select(signing_keys)
        .where(signing_keys.c.retired_at.is_(None))
        .order_by(signing_keys.c.created_at.desc())
        .limit(1)
    )
    row = connection.execute(newest).first()
    if row is not None:
        loaded = serialization.load_pem_private_key(row.private_pem.encode(), _passphrase(pepper))
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        return SigningKey(row.kid, loaded)
    return _make(connection, pepper=pepper, now=now)


def _make(connection: sa.Connection, *, pepper: Secret, now: int) -> SigningKey:
    private, kid = ec.generate_private_key(ec.SECP256R1()), secrets.token_hex(8)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(_passphrase(pepper)),
    )
    public: dict[str, Any] = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    public |= {"kid": kid, "alg": tokens.ALGORITHM, "use": "sig"}
    connection.execute(
        signing_keys.insert().values(kid=kid, private_pem=pem.decode(), public_jwk=public, created_at=now)
    )
    record(connection, Act("auth", "signing_key.create", f"signing-key:{kid}"), now=now)
    return SigningKey(kid, private)


def jwks(connection: sa.Connection) -> dict[str, Any]:
    """Public keys that verify tokens now."""
    alive = (
        sa.select(signing_keys.c.public_jwk)
        .where(signing_keys.c.retired_at.is_(None))
        .order_by(signing_keys.c.created_at)
    )
    return {"keys": list(connection.execute(alive).scalars())}


def access_token(key: SigningKey, *, subject: str, epoch: int, sid: str, now: int, seconds: int) -> str:
    """A signed `at+jwt`. `now`: microseconds."""
    at = now // 1_000_000
    claims = {
        "iss": tokens.ISSUER,
        "aud": tokens.AUDIENCE,
        "sub": subject,
        "client_id": "headwater",
        "jti": secrets.token_hex(16),
        "iat": at,
        "nbf": at,
        "exp": at + seconds,
        "epoch": epoch,
        "sid": sid,
    }
    headers = {"kid": key.kid, "typ": tokens.TYPE}
    return jwt.encode(claims, key.private, algorithm=tokens.ALGORITHM, headers=headers)


def _passphrase(pepper: Secret) -> bytes:
    return hmac.new(pepper.reveal().encode(), b"signing keys", hashlib.sha256).hexdigest().encode()
