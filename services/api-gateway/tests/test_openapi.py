"""The API's document is checked in: the frontend's client is generated from it. `HEADWATER_WRITE=1` writes it anew."""

import json
import os
from pathlib import Path

import flask

from headwater.api_gateway.service import STREAM
from headwater.runtime.identity import Verifier
from headwater.runtime.openapi import document
from headwater.runtime.routes import blueprint
from tests.hosting import hosted

CHECKED_IN = Path(__file__).parents[3] / "libs/contracts/openapi/api-gateway.json"


def test_the_document_that_is_checked_in_is_what_the_routes_declare(app: flask.Flask, verifier: Verifier) -> None:
    app.register_blueprint(blueprint(STREAM.name, STREAM.routes, hosted(STREAM, verifier=verifier)))
    described = json.dumps(document(app, "API", "1"), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("HEADWATER_WRITE"):
        CHECKED_IN.parent.mkdir(parents=True, exist_ok=True)
        CHECKED_IN.write_text(described, encoding="utf-8")
    assert CHECKED_IN.read_text(encoding="utf-8") == described, "run this test with HEADWATER_WRITE=1 and commit"


def test_every_operation_has_a_summary_and_an_id_of_its_own(app: flask.Flask) -> None:
    operations = [o for methods in document(app, "API", "1")["paths"].values() for o in methods.values()]
    assert all(operation["summary"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)
