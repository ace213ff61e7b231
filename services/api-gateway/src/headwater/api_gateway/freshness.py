"""Conditional requests: entity tags of the graph's change number and the principal's grants."""

import hashlib
from collections.abc import Callable

import flask
import msgspec

from headwater.api_gateway.questions import absent
from headwater.contracts.identity import Visible
from headwater.runtime.web.application import answer

_ENCODER = msgspec.json.Encoder(order="deterministic")


def unless_unchanged(
    question: object,
    *,
    visible: Visible,
    change: int,
    present: int | None,
    exists: Callable[[], bool],
    ask: Callable[[], msgspec.Struct],
) -> flask.Response:
    """304 when the client has this response, else the result of `ask` with its tag.

    404 comes before 304: `If-None-Match: *`, or a forged tag, reveals nothing about hidden or missing nodes.
    `change` must be read before `ask` is called: a response newer than its tag is requested once more, an older one is
    never cached. `present`: the current moment of the query, or None when the query has a moment itself. A relation
    that begins in the future changes the present without a change of the graph, so tags of the present are valid for
    one minute.
    """
    tag = entity_tag(question, visible, change, None if present is None else present // 60_000_000)
    if flask.request.if_none_match.contains_weak(tag):
        if not exists():
            raise absent()
        response = flask.Response(status=304)
    else:
        response = answer(ask())
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Authorization")
    return response


def entity_tag(*parts: object) -> str:
    return hashlib.sha256(_ENCODER.encode(parts)).hexdigest()[:32]
