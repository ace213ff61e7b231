"""The keys that a fresh installation gives away, made over the API as anybody would."""

import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from headwater.local.errors import StartError


def create_key(origin: str, password: str, name: str, permissions: Sequence[str]) -> str:
    """The secret of a new API key with these permissions. Raises StartError."""
    token = _post(f"{origin}/api/v1/auth/login", {"username": "admin", "password": password})["access_token"]
    created = _post(f"{origin}/api/v1/keys", {"name": name, "permissions": [*permissions]}, token)
    return str(created["secret"])


def _post(url: str, body: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            decoded: dict[str, Any] = json.load(answer)
            return decoded
    except OSError as error:
        raise StartError(f"POST {url}: {error}") from error
