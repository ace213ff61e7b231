"""The description of the product's whole API (OpenAPI 3.1): made by `make generate` from what the services declare."""

from importlib.resources import files
from typing import Any

import msgspec

DESCRIPTION: dict[str, Any] = msgspec.json.decode((files("headwater.contracts") / "openapi.json").read_bytes())
