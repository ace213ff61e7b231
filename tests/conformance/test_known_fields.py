"""All fields that OpenLineage defines are known, used by Headwater or not: compared with its JSON Schemas."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from headwater.contracts import known_lineage
from headwater.contracts.lineage import Dataset, Job, LineageEvent, Run
from headwater.contracts.normalise import normalise_lineage
from tests.conformance import published

SCHEMAS = published.ROOT / "schemas"
Paths = set[tuple[str, ...]]


@pytest.fixture(autouse=True)
def data() -> None:
    published.require()


def unknown(body: bytes) -> tuple[str, ...]:
    return normalise_lineage(body, received_at=published.ARRIVAL).unknown


def test_no_field_of_a_published_event_is_unknown() -> None:
    assert {note for body in published.events() for note in unknown(body)} == set()


@pytest.mark.parametrize(("suffix", "holder"), [("RunFacet", "run"), ("JobFacet", "job"), ("DatasetFacet", "inputs")])
def test_no_field_of_an_example_of_a_facet_is_unknown(suffix: str, holder: str) -> None:
    examples = [(name, facets) for name, facets in published.examples() if name.endswith(suffix)]
    assert examples
    assert {(name, note) for name, facets in examples for note in unknown(_event(holder, facets))} == set()


def _event(holder: str, facets: Any) -> bytes:
    event: dict[str, Any] = {"eventTime": "2025-01-01T00:00:00Z", "run": {"runId": "r"}}
    event["job"] = {"namespace": "n", "name": "j"}
    if holder == "inputs":
        event["inputs"] = [{"namespace": "n", "name": "t", "facets": facets}]
    else:
        event[holder]["facets"] = facets
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (LineageEvent, ("BaseEvent", "RunEvent", "JobEvent", "DatasetEvent")),
        (Run, ("Run",)),
        (Job, ("Job",)),
        (Dataset, ("Dataset", "InputDataset", "OutputDataset", "StaticDataset")),
    ],
)
def test_an_event_has_the_fields_of_the_specification(kind: type[msgspec.Struct], names: tuple[str, ...]) -> None:
    schema = json.loads((SCHEMAS / "OpenLineage.json").read_bytes())
    specified = {name for each in names for part in _parts(schema["$defs"][each], schema) for name in part}
    assert {field.encode_name for field in msgspec.structs.fields(kind)} == specified


@pytest.mark.parametrize("holder", ["RUN", "JOB", "DATASET"])
def test_a_facet_that_is_read_has_the_fields_of_the_specification(holder: str) -> None:
    suffix = {"RUN": "Run", "JOB": "Job", "DATASET": "Dataset"}[holder]
    kinds: Mapping[str, type[msgspec.Struct]] = getattr(known_lineage, holder)
    for name, kind in kinds.items():
        schema, definition = _definition("parent" if name == "parentRun" else name, suffix)
        found = set(_known(inspect.type_info(kind), ()))
        specified = set(_specified(definition, schema, (), frozenset()))
        assert found == specified | {("_producer",), ("_schemaURL",), ("_deleted",)}, name


def _definition(facet: str, holder: str) -> tuple[Any, Any]:
    for file in sorted((SCHEMAS / "facets").glob("*.json")):
        schema = json.loads(file.read_bytes())
        declared = schema.get("properties", {}).get(facet)
        for reference in [declared, *declared.get("anyOf", ())] if declared else ():
            name = reference.get("$ref", "").rpartition("/")[2]
            if name.endswith(f"{holder}Facet"):
                return schema, schema["$defs"][name]
    raise AssertionError(f"no schema of the facet {facet} of a {holder}")


def _parts(definition: Any, schema: Any) -> Iterator[Mapping[str, Any]]:
    """The properties of a definition and of all its parts; those of the base are the same everywhere."""
    reference = definition.get("$ref", "")
    if reference.startswith("#"):
        yield from _parts(schema["$defs"][reference.rpartition("/")[2]], schema)
    yield definition.get("properties", {})
    for part in (*definition.get("allOf", ()), *definition.get("oneOf", ()), *definition.get("anyOf", ())):
        yield from _parts(part, schema)


def _specified(definition: Any, schema: Any, path: tuple[str, ...], seen: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Paths of all fields, through lists and maps; a definition inside itself is not entered again."""
    reference = definition.get("$ref", "")
    if reference in seen:
        return
    seen = seen | {reference} if reference else seen
    for properties in _parts(definition, schema):
        for name, inner in properties.items():
            yield (*path, name)
            if name != "facets":
                yield from _specified(inner, schema, (*path, name), seen)
    for part in _wholes(definition, schema):
        for inner in (part.get("items"), part.get("additionalProperties")):
            if isinstance(inner, dict):
                yield from _specified(inner, schema, path, seen)


def _wholes(definition: Any, schema: Any) -> Iterator[Any]:
    reference = definition.get("$ref", "")
    yield schema["$defs"][reference.rpartition("/")[2]] if reference.startswith("#") else definition


def _known(kind: Any, path: tuple[str, ...], seen: frozenset[type] = frozenset()) -> Iterator[tuple[str, ...]]:
    if isinstance(kind, inspect.StructType):
        if kind.cls in seen:
            return
        for field in kind.fields:
            yield (*path, field.encode_name)
            yield from _known(field.type, (*path, field.encode_name), seen | {kind.cls})
    for inner in (getattr(kind, "item_type", None), getattr(kind, "value_type", None), *getattr(kind, "types", ())):
        if inner is not None:
            yield from _known(inner, path, seen)
