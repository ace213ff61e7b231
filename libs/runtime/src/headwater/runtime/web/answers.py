"""Encoding of responses: JSON by msgspec, problems as problem+json."""

from collections.abc import Mapping
from typing import Any

import flask
import msgspec

from headwater.runtime.web.direct import Answer
from headwater.runtime.web.problem import MEDIA_TYPE, Problem

_ENCODER = msgspec.json.Encoder()


def answer(struct: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> flask.Response:
    """`struct` as the JSON body."""
    response = flask.Response(_ENCODER.encode(struct), status=status, mimetype="application/json")
    if headers:
        response.headers.update(headers)
    return response


def problem_as_answer(problem: Problem, request_id: str) -> Answer:
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Answer(problem.status, _ENCODER.encode(problem.body(request_id)), MEDIA_TYPE, headers)


def json_answer(struct: Any, status: int = 200) -> Answer:
    """`struct` as the JSON body, for a server."""
    return Answer(status, _ENCODER.encode(struct))


def flask_answer(found: Answer) -> flask.Response:
    """The same, for Flask."""
    response = flask.Response(found.body, status=found.status, content_type=found.media)
    response.headers.update(found.headers)
    return response


def problem_answer(problem: Problem, request_id: str) -> flask.Response:
    return flask_answer(problem_as_answer(problem, request_id))
