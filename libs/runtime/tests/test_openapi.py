import msgspec

from headwater.runtime import openapi

from .conftest import AppOf

PATH = "/api/v1/example"


def test_the_document_tells_routes_parameters_bodies_answers_and_permissions(app_of: AppOf) -> None:
    told = openapi.document(app_of(), "example", "1.2.3")
    asked = told["paths"][f"{PATH}/asked"]["get"]
    assert asked["summary"] == "What was asked."
    assert asked["description"] == "More about it."
    assert [(entry["name"], entry["required"]) for entry in asked["parameters"]] == [
        ("limit", False),
        ("text", False),
        ("tags", False),
        ("from", False),
        ("must", True),
    ]
    assert "security" not in asked
    sent = told["paths"][f"{PATH}/sent"]["post"]
    assert sent["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Sent"}
    assert sent["responses"]["201"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Sent"}
    assert "application/problem+json" in sent["responses"]["default"]["content"]
    assert sent["x-headwater-permission"] == "ingest:write"
    thing = told["paths"][PATH + "/things/{thing}"]["get"]
    assert thing["parameters"][0] == {"name": "thing", "in": "path", "required": True, "schema": {"type": "string"}}


def test_every_reference_of_the_document_leads_somewhere_and_ids_are_unique(app_of: AppOf) -> None:
    told = openapi.document(app_of(), "example", "1")
    text = msgspec.json.encode(told).decode()
    for piece in text.split('"#/components/schemas/')[1:]:
        assert piece.partition('"')[0] in told["components"]["schemas"]
    ids = [operation["operationId"] for path in told["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))


def test_the_page_runs_nothing_and_fetches_nothing(app_of: AppOf) -> None:
    page = openapi.page(openapi.document(app_of(), "<script>", "1"))
    assert "<script" not in page
    assert "style=" not in page
    assert "http" not in page.replace("&", "")
    assert f"{PATH}/asked" in page
