"""An OpenAPI document as one page of HTML without scripts or external resources."""

import base64
import hashlib
import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

from headwater.runtime.web.openapi import JSON

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid; }
details { margin: 0.5rem 0; padding: 0.25rem 0; }
summary { cursor: pointer; }
code, pre { font: 14px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { padding: 0.75rem; overflow-x: auto; border: 1px solid; border-radius: 4px; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid; }
"""

_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; frame-ancestors 'none'"
"""Allows only the page's own style."""


def page(described: Mapping[str, Any]) -> str:
    """Each operation with its permission, parameters, fields and example, in the order of the document."""
    info = described["info"]
    groups: dict[str, list[str]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(described, method, path, operation))
    sections = "".join(f"<h2>{_text(tag)}</h2>{''.join(shown)}" for tag, shown in groups.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{_text(info["title"])}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{_text(info['title'])} {_text(info['version'])}</h1>"
        '<p>The machine-readable form is <a href="/api/v1/openapi.json">OpenAPI 3.1</a>.</p>'
        f"{sections}</body></html>"
    )


def _operation(described: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    needs = operation.get("x-headwater-permission")
    parts = [f"<p>{_text(operation.get('description', ''))}</p>" if operation.get("description") else ""]
    parts.append(
        f"<p>Needs the permission <code>{_text(needs)}</code>.</p>" if needs else "<p>Needs no permission.</p>"
    )
    rows = [
        (f"{parameter['name']} ({parameter['in']})", parameter["required"], parameter["schema"])
        for parameter in operation["parameters"]
    ]
    parts.append(_table("Parameter", rows, described))
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        parts.append("" if media == JSON else f"<p>As <code>{_text(media)}</code>:</p>")
        for name, schema in _variants(described, body["schema"]):
            required = schema.get("required", ())
            fields = [(field, field in required, of) for field, of in schema.get("properties", {}).items()]
            parts.append(_table(f"Field of {name}" if name else "Field of the body", fields, described))
        if "example" in body:
            parts.append(f"<pre>{_text(json.dumps(body['example'], indent=2, ensure_ascii=False))}</pre>")
    answers = ", ".join(status for status in operation["responses"] if status != "default")
    parts.append(f"<p>Answers {_text(answers)}, or a problem (RFC 9457).</p>")
    head = f"<code>{method.upper()} {_text(path)}</code> {_text(operation['summary'])}"
    return f"<details><summary>{head}</summary>{''.join(parts)}</details>"


def _table(head: str, rows: list[tuple[str, bool, Mapping[str, Any]]], described: Mapping[str, Any]) -> str:
    if not rows:
        return ""
    lines = "".join(
        f"<tr><td><code>{_text(name)}</code></td><td>{_text(_type(described, schema))}</td>"
        f"<td>{'required' if required else _default(schema)}</td><td>{_text(schema.get('description', ''))}</td></tr>"
        for name, required, schema in rows
    )
    titles = f"<tr><th>{_text(head)}</th><th>Type</th><th></th><th>Meaning</th></tr>"
    return f"<table><thead>{titles}</thead><tbody>{lines}</tbody></table>"


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    return "" if default in (None, "", [], {}) else _text(f"default {json.dumps(default)}")


def _variants(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and schema of each alternative of the body."""
    for one in schema.get("anyOf", [schema]):
        name = one.get("$ref", "").rpartition("/")[2]
        yield name, described["components"]["schemas"][name] if name else one


def _type(described: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(described, one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        items = schema.get("prefixItems") or [schema.get("items", {})]
        return "list of " + ", ".join(_type(described, one) for one in items)
    return str(schema.get("type", "any"))


def _text(value: object) -> str:
    return html.escape(str(value))
