"""How an answer leaves: JSON by msgspec, problems as problem+json."""

from collections.abc import Mapping
from typing import Any

import flask
import msgspec

from headwater.runtime.problem import MEDIA_TYPE, Problem

_ENCODER = msgspec.json.Encoder()


def answer(struct: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> flask.Response:
    """`struct` as the JSON body."""
    response = flask.Response(_ENCODER.encode(struct), status=status, mimetype="application/json")
    if headers:
        response.headers.update(headers)
    return response


def problem_answer(problem: Problem, request_id: str) -> flask.Response:
    response = flask.Response(_ENCODER.encode(problem.body(request_id)), status=problem.status, content_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
