"""The API of an application as OpenAPI 3.1, made from what its routes declare, and as a plain page."""

import html
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import flask
import msgspec

from headwater.runtime.declare import Declared, Documented, declared, documentation
from headwater.runtime.problem import MEDIA_TYPE, ProblemBody

_PATH_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_REFERENCE = "#/components/schemas/{name}"
_PASSES_ALL = ("OPTIONS", "HEAD")


def document(app: flask.Flask, service: str, version: str) -> dict[str, Any]:
    """The OpenAPI document: every route of `app`, sorted by path."""
    found = sorted(_operations(app), key=lambda operation: (operation[0], operation[1]))
    types = [kind for _, _, view in found for kind in _types(documentation(view))]
    schemas, components = msgspec.json.schema_components([*types, ProblemBody], ref_template=_REFERENCE)
    by_type = dict(zip([repr(kind) for kind in types], schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for path, method, view in found:
        paths.setdefault(path, {})[method] = _operation(path, view, method, by_type, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Headwater {service}", "version": version},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operations(app: flask.Flask) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        path = _PATH_PARAMETER.sub(r"{\1}", rule.rule)
        for method in sorted(rule.methods or ()):
            if method not in _PASSES_ALL:
                yield path, method.lower(), view


def _types(doc: Documented) -> list[Any]:
    return [kind for kind in (doc.query, doc.body, *doc.answer.values()) if kind is not None]


def _operation(
    path: str, view: Callable[..., Any], method: str, schemas: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    doc, rule = documentation(view), declared(view)
    text = inspect.cleandoc(view.__doc__ or "")
    summary, _, more = text.partition("\n")
    operation: dict[str, Any] = {
        "operationId": f"{view.__name__}_{method}_{_slug(path)}",
        "summary": summary,
        "tags": [doc.tag or _tag(path)],
        "parameters": [*_path_parameters(path), *_query_parameters(doc, schemas, components)],
        "responses": _responses(doc, rule, schemas),
    }
    if more.strip():
        operation["description"] = more.strip()
    if rule is not None and rule.permission is not None:
        operation["security"] = [{"bearer": []}]
        operation["x-headwater-permission"] = rule.permission
    if doc.body is not None:
        content = {"application/json": {"schema": schemas[repr(doc.body)]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


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


def _responses(doc: Documented, rule: Declared | None, schemas: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, kind in doc.answer.items():
        answers[str(status)] = {"description": "Done."}
        if kind is not None:
            answers[str(status)]["content"] = {"application/json": {"schema": schemas[repr(kind)]}}
    answers = answers or {"200": {"description": "Done."}}
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(name="ProblemBody")}}}
    return answers | {"default": {"description": "A problem (RFC 9457).", "content": problem}}


def page(described: dict[str, Any]) -> str:
    """The document as one page of HTML: no script, no style, nothing fetched."""
    title = html.escape(described["info"]["title"])
    rows = "".join(
        _row(path, method, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f"<h1>{title} {html.escape(described['info']['version'])}</h1>"
        '<p>The machine-readable form is <a href="/api/v1/openapi.json">OpenAPI 3.1</a>.</p>'
        "<table><thead><tr><th>Method</th><th>Path</th><th>What it does</th><th>Parameters</th><th>Needs</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></body></html>"
    )


def _row(path: str, method: str, operation: dict[str, Any]) -> str:
    parameters = ", ".join(
        parameter["name"] + ("" if parameter["required"] else "?") for parameter in operation["parameters"]
    )
    needs = operation.get("x-headwater-permission", "nothing")
    cells = (method.upper(), path, operation["summary"], parameters, needs)
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
