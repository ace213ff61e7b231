"""Attacks on the one place where access tokens are checked."""

import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from headwater.runtime.identity import tokens

from .issuing import CLAIMS, JWK, KID, NOW, PRIVATE, PUBLIC_PEM, encoded, token

KEYS = tokens.public_keys({"keys": [JWK]})
GOOD = token()


def refused(text: str, now: int = NOW) -> bool:
    try:
        tokens.verify(text, KEYS, now=now)
    except tokens.TokenRefused:
        return True
    return False


def test_a_valid_token_returns_its_claims() -> None:
    claims = tokens.verify(GOOD, KEYS, now=NOW)
    assert (claims.sub, claims.epoch, claims.sid, claims.exp) == ("ada", 1, "s1", NOW + 300)


def test_the_algorithm_none_is_refused() -> None:
    for algorithm in ("none", "None", "NONE", "nOnE", ""):
        header = encoded(json.dumps({"alg": algorithm, "typ": "at+jwt", "kid": KID}).encode())
        body = GOOD.split(".")[1]
        assert refused(f"{header}.{body}.")
        assert refused(f"{header}.{body}.{GOOD.split('.')[2]}")


@pytest.mark.parametrize(
    "secret",
    [PUBLIC_PEM, PUBLIC_PEM.strip(), json.dumps(JWK).encode(), JWK["x"].encode(), b""],
    ids=["pem", "stripped pem", "jwk", "x", "empty"],
)
def test_the_public_key_is_no_shared_secret(secret: bytes) -> None:
    header = encoded(json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": KID}).encode())
    front = f"{header}.{GOOD.split('.')[1]}"
    mac = encoded(hmac.new(secret, front.encode(), hashlib.sha256).digest())
    assert refused(f"{front}.{mac}")
    assert refused(f"{front}.{mac * 2}")


def test_only_es256_is_accepted() -> None:
    assert refused(token(key=rsa.generate_private_key(65_537, 2048), algorithm="RS256"))
    assert refused(token(key=ec.generate_private_key(ec.SECP384R1()), algorithm="ES384"))


def test_another_key_does_not_sign_for_ours() -> None:
    assert refused(token(key=ec.generate_private_key(ec.SECP256R1())))


@pytest.mark.parametrize("kid", ["other", "", "../../dev/null", "k1' OR '1'='1", "K1", "k1 "])
def test_an_unknown_kid_finds_no_key(kid: str) -> None:
    assert refused(token(headers={"kid": kid}))


@pytest.mark.parametrize(
    "extra",
    [
        {"jku": "https://evil.example/jwks.json"},
        {"jwk": JWK},
        {"x5u": "https://evil.example/cert.pem"},
        {"crit": ["exp"]},
        {"b64": False},
        {"cty": "JWT"},
    ],
)
def test_headers_outside_the_list_are_refused(extra: dict[str, object]) -> None:
    assert refused(token(headers=extra))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "AT+JWT", "refresh+jwt", "", None])
def test_another_type_of_token_is_no_access_token(typ: str | None) -> None:
    assert refused(token(headers={"typ": typ}))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "jti", "exp", "nbf", "iat", "epoch"])
def test_every_claim_is_required(claim: str) -> None:
    left_out: dict[str, Any] = {claim: None}
    assert refused(token(**left_out))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "someone else"},
        {"aud": "another"},
        {"aud": ["headwater"]},
        {"aud": ["headwater", "another"]},
        {"epoch": "1"},
        {"epoch": 1.5},
        {"sub": ""},
        {"jti": ""},
        {"sid": 7},
    ],
)
def test_claims_of_another_value_or_type_are_refused(claims: dict[str, Any]) -> None:
    assert refused(token(**claims))


@pytest.mark.parametrize("value", [str(NOW + 300), NOW + 300.5, True, [], {}, 10**400])
@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_times_are_whole_numbers(claim: str, value: object) -> None:
    payload = encoded(json.dumps({**CLAIMS, claim: value}).encode())
    header = GOOD.split(".")[0]
    signature = jwt.get_algorithm_by_name("ES256").sign(f"{header}.{payload}".encode(), PRIVATE)
    assert refused(f"{header}.{payload}.{encoded(signature)}")


def test_times_are_held_to_the_second() -> None:
    assert not refused(GOOD, NOW + 299)
    assert refused(GOOD, NOW + 300)
    assert refused(token(nbf=NOW + 3600))
    assert refused(token(iat=NOW + 3600))
    assert not refused(token(nbf=NOW + 10))


def test_no_token_lives_for_more_than_an_hour() -> None:
    assert not refused(token(exp=NOW + 3600))
    assert refused(token(exp=NOW + 3601))


def test_padded_and_malformed_twins_are_refused() -> None:
    header, body, signature = GOOD.split(".")
    last = signature[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = signature[:-1] + alphabet[alphabet.index(last) ^ 1]
    for text in (
        f"{header}.{body}.{signature}==",
        f"{header}.{body}.{twin}",
        f"{header}.{body}=.{signature}",
        f" {GOOD}",
        f"{GOOD} ",
        f"{GOOD}\n",
        f"{header}.{body}",
        f"{header}.{body}.{signature}.{signature}",
        f"{header}..{signature}",
        f".{body}.{signature}",
        GOOD.replace("-", "+").replace("_", "/") + "/",
        "",
        "." * 5000,
    ):
        assert refused(text), text


def test_huge_and_deep_tokens_are_refused_early() -> None:
    assert refused(token(filler="x" * 1_000_000))
    assert refused("A" * 1_000_000)
    deep = encoded(b"[" * 4000)
    header, _, signature = GOOD.split(".")
    assert refused(f"{header}.{deep}.{signature}")
    assert refused(f"{encoded(b'[' * 700)}.{deep}.{signature}")


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = GOOD.split(".")
    forged = encoded(json.dumps({**CLAIMS, "sub": "admin"}).encode())
    assert refused(f"{header}.{forged}.{signature}")


def test_only_p256_signing_keys_are_accepted_from_a_key_set() -> None:
    oct_key = {"kty": "oct", "k": "c2VjcmV0", "kid": "o", "alg": "HS256"}
    rsa_key = {"kty": "RSA", "kid": "r", "alg": "RS256", "n": "AQAB", "e": "AQAB"}
    encryption = {**JWK, "kid": "e", "use": "enc"}
    broken = {**JWK, "kid": "b", "x": "AAAA"}
    found = tokens.public_keys({"keys": [oct_key, rsa_key, encryption, broken, {}, JWK]})
    assert list(found) == [KID]
    assert tokens.public_keys({"keys": [JWK, {**oct_key, "kid": KID}]}).keys() == {KID}
    assert tokens.public_keys({"keys": [JWK, JWK]}) == {}
