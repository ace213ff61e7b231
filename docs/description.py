"""The one OpenAPI document of the product, from what all services declare."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headwater.embedded.services import API_GATEWAY, INGEST_GATEWAY, SERVICES
from headwater.runtime.web.openapi import Operation, document, operations

FILE = Path(__file__).parents[1] / "libs/contracts/src/headwater/contracts/openapi.json"
INTERNAL = "/internal/"


def described() -> dict[str, Any]:
    """What producers write comes first, then the rest by path."""
    listed = sorted(_listed(), key=lambda found: (found.service != INGEST_GATEWAY.name, found.path, found.method))
    return document(listed, "Headwater API", "1")


def text() -> str:
    """The file that is checked in."""
    return json.dumps(described(), indent=1, ensure_ascii=False) + "\n"


def _listed() -> Iterator[Operation]:
    """Each route once: where the gateway adds to what an owner answers at the same path, its own."""
    services = [API_GATEWAY, *(service for service in SERVICES if service is not API_GATEWAY)]
    seen: set[tuple[str, str]] = set()
    for service in services:
        for group in service.routes:
            for found in operations(service.name, group):
                place = (found.method, found.path)
                if not found.path.startswith(INTERNAL) and place not in seen:
                    seen.add(place)
                    yield found
