"""The data outside the repository, and the way from an event's bytes to facts."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.contracts.grants import ALL_GRANTS
from headwater.contracts.normalise import normalise_lineage
from headwater.contracts.times import parse_instant
from headwater.graph.state.facts import Fact, Stamp
from headwater.lineage_writer.events import decode_event
from headwater.lineage_writer.facts import facts_of

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT = Path(os.environ.get("HEADWATER_SHARED", REPOSITORY.parent / "shared")) / "openlineage"
ARRIVAL = parse_instant("2026-01-01T00:00:00Z")


def require() -> None:
    """Skip the suite if its data is missing; in CI that is a failure."""
    if ROOT.is_dir():
        return
    missing = f"left out: the OpenLineage examples are not at {ROOT} (set HEADWATER_SHARED to their folder)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


def events(scenario: str = "*") -> list[bytes]:
    """All events of a scenario of the compatibility tests, ordered by time."""
    found: list[bytes] = []
    for file in sorted((ROOT / "compat-tests" / "scenarios").glob(f"{scenario}/events/*.json")):
        content = msgspec.json.decode(file.read_bytes())
        found += [msgspec.json.encode(event) for event in (content if isinstance(content, list) else [content])]
    return sorted(found, key=lambda raw: (parse_instant(msgspec.json.decode(raw)["eventTime"]), raw))


def facts(bodies: Iterable[bytes]) -> list[Fact]:
    """The facts of the events, as the gateway and the lineage-writer read them."""
    asserted: list[Fact] = []
    for body in bodies:
        event = normalise_lineage(body, received_at=ARRIVAL)
        asserted += facts_of(decode_event(event.value), Stamp(event.event_time, event.event_id), ALL_GRANTS)
    return asserted


def expected(scenario: str, what: str) -> Any:
    """What the compatibility tests expect of a consumer."""
    folder = ROOT / "compat-tests" / "consumers" / "dataplex" / "scenarios" / scenario / "validation"
    return msgspec.json.decode((folder / what / f"{what}.json").read_bytes())


def examples() -> list[tuple[str, dict[str, Any]]]:
    """(folder, facets) of every example of a facet."""
    files = sorted((ROOT / "spec-tests").glob("*/*.json"))
    return [(file.parent.name, msgspec.json.decode(file.read_bytes())) for file in files]
