"""The API as OpenAPI 3.1, generated from the routes that services declare."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from headwater.runtime.web.declare import Documented
from headwater.runtime.web.problem import MEDIA_TYPE, ProblemBody
from headwater.runtime.web.routes import Route

_PATH_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
_REFERENCE = "#/components/schemas/{name}"


class Operation(NamedTuple):
    """One route in the document. `service`: the one that answers it. `text`: summary, then more lines."""

    service: str
    method: str
    path: str
    name: str
    text: str
    permission: str | None
    described: Documented
    example: Mapping[str, Any] = {}


def operations(service: str, routes: Iterable[Route]) -> Iterator[Operation]:
    """The routes that a service declares, without those that it only forwards."""
    for route in routes:
        if not route.owner:
            yield Operation(
                service,
                route.method.lower(),
                _PATH_PARAMETER.sub(r"{\1}", route.path),
                route.view.__name__,
                inspect.cleandoc(route.view.__doc__ or ""),
                route.permission,
                Documented(route.query, route.body, route.answers, route.tag),
                route.example,
            )


def document(listed: Sequence[Operation], title: str, version: str) -> dict[str, Any]:
    """The OpenAPI document of these operations, in their order."""
    types = [kind for operation in listed for kind in _types(operation.described)]
    schemas, components = msgspec.json.schema_components([*types, ProblemBody], ref_template=_REFERENCE)
    by_type = dict(zip([repr(kind) for kind in types], schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, by_type, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _types(doc: Documented) -> list[Any]:
    return [kind for kind in (doc.query, doc.body, *doc.answer.values()) if kind is not None]


def _operation(operation: Operation, schemas: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    doc, path = operation.described, operation.path
    summary, _, more = operation.text.partition("\n")
    shown: dict[str, Any] = {
        "operationId": f"{operation.name}_{operation.method}_{_slug(path)}",
        "summary": summary,
        "tags": [doc.tag or _tag(path)],
        "x-headwater-service": operation.service,
        "parameters": [*_path_parameters(path), *_query_parameters(doc, schemas, components)],
        "responses": _responses(doc, schemas),
    }
    for parameter in shown["parameters"]:
        example = operation.example.get(parameter["in"], {}).get(parameter["name"])
        if example is not None:
            parameter["example"] = example
    if more.strip():
        shown["description"] = more.strip()
    if operation.permission is not None:
        shown["security"] = [{"bearer": []}]
        shown["x-headwater-permission"] = operation.permission
    if doc.body is not None or {"body", "form"} & operation.example.keys():
        shown["requestBody"] = {"required": True, "content": _content(operation, schemas)}
    return shown


def _content(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of a body; one that is read as bytes has only an example."""
    if "form" in operation.example:
        return {FORM: {"schema": {"type": "object"}, "example": operation.example["form"]}}
    kind = operation.described.body
    content: dict[str, Any] = {"schema": {} if kind is None else schemas[repr(kind)]}
    if "body" in operation.example:
        content["example"] = operation.example["body"]
    return {JSON: content}


def _slug(path: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", path).strip("_")


def _tag(path: str) -> str:
    parts = path.removeprefix("/api/v1").strip("/").split("/")
    return parts[0] if path.startswith("/api/v1") and parts[0] else "operations"


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{([^{}]+)}", path)
    ]


def _query_parameters(doc: Documented, schemas: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    if doc.query is None:
        return []
    schema = schemas[repr(doc.query)]
    reference = schema.get("$ref", "")
    schema = components[reference.rpartition("/")[2]] if reference else schema
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": of}
        for name, of in schema.get("properties", {}).items()
    ]


def _responses(doc: Documented, schemas: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, kind in doc.answer.items():
        answers[str(status)] = {"description": "Done."}
        if kind is not None:
            answers[str(status)]["content"] = {"application/json": {"schema": schemas[repr(kind)]}}
    answers = answers or {"200": {"description": "Done."}}
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(name="ProblemBody")}}}
    return answers | {"default": {"description": "A problem (RFC 9457).", "content": problem}}
