from typing import Any

import flask
import msgspec

from headwater.runtime.web.openapi import document, operations
from headwater.runtime.web.openapi_page import page
from headwater.runtime.web.routes import Routes

PATH = "/api/v1/example"


class Asked(msgspec.Struct, kw_only=True):
    limit: int = 10
    from_: str = msgspec.field(default="", name="from")
    must: str


class Sent(msgspec.Struct, kw_only=True):
    text: str


def described(title: str = "example") -> dict[str, Any]:
    routes = Routes()
    forward: Any = {"any_query": "the owner checks", "answers": {}, "owner": "other"}

    @routes.get(f"{PATH}/asked", public="says nothing", query=Asked, answer=Sent, example={"query": {"must": "now"}})
    def asked(query: Asked) -> Sent:
        """What was asked.

        More about it.
        """
        return Sent(text=query.must)

    @routes.post(f"{PATH}/sent", permission="ingest:write", body=Sent, answer=Sent, status=201)
    def sent(body: Sent) -> Sent:
        """Takes it."""
        return body

    @routes.get(PATH + "/things/<thing>", permission="lineage:read", answer=Sent)
    def thing(thing: str) -> Sent:
        """One of them."""
        return Sent(text=thing)

    @routes.get("/api/v1/elsewhere", permission="lineage:read", **forward)
    def elsewhere(**in_path: str) -> flask.Response:
        """Passed on."""
        raise NotImplementedError

    return document(list(operations("service", routes)), title, "1.2.3")


def test_the_document_has_routes_parameters_bodies_answers_and_permissions() -> None:
    made = described()
    asked = made["paths"][f"{PATH}/asked"]["get"]
    assert (asked["summary"], asked["description"]) == ("What was asked.", "More about it.")
    assert [(entry["name"], entry["required"], entry.get("example")) for entry in asked["parameters"]] == [
        ("limit", False, None),
        ("from", False, None),
        ("must", True, "now"),
    ]
    assert "security" not in asked
    sent = made["paths"][f"{PATH}/sent"]["post"]
    assert sent["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Sent"}
    assert sent["responses"]["201"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Sent"}
    assert "application/problem+json" in sent["responses"]["default"]["content"]
    assert (sent["x-headwater-permission"], sent["x-headwater-service"]) == ("ingest:write", "service")
    thing = made["paths"][PATH + "/things/{thing}"]["get"]
    assert thing["parameters"][0] == {"name": "thing", "in": "path", "required": True, "schema": {"type": "string"}}


def test_what_is_only_passed_on_is_its_owners_to_describe() -> None:
    assert "/api/v1/elsewhere" not in described()["paths"]


def test_every_reference_of_the_document_leads_somewhere_and_ids_are_unique() -> None:
    made = described()
    text = msgspec.json.encode(made).decode()
    for piece in text.split('"#/components/schemas/')[1:]:
        assert piece.partition('"')[0] in made["components"]["schemas"]
    ids = [operation["operationId"] for path in made["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))


def test_the_page_runs_nothing_and_fetches_nothing() -> None:
    shown = page(described("<script>"))
    assert "<script" not in shown
    assert "src=" not in shown
    assert "url(" not in shown
    assert "http" not in shown


def test_the_page_shows_fields_permission_and_example() -> None:
    shown = page(described())
    assert f"GET {PATH}/asked" in shown
    assert "<code>must (query)</code></td><td>string</td><td>required" in shown
    assert "<code>limit (query)</code></td><td>integer</td><td>default 10" in shown
    assert "Needs the permission <code>ingest:write</code>" in shown
