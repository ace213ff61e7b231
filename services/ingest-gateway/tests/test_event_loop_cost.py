"""What a request costs on the server's event loop has a bound, whatever its body."""

import asyncio
import sys
from collections.abc import Callable

import pytest

from headwater.runtime.web.direct import LOOP_BYTES, is_small
from tests.asgi import Answered, call
from tests.event_loops import LINEAGE, Loop

# Calls of Python and C functions, each of which reads each character of the body at most a few times.
MOST_CALLS = 30_000


def _costly() -> dict[str, tuple[str, Callable[[int], bytes]]]:
    """Bodies of n parts, each the most expensive of its kind found so far."""
    head = (
        b'{"eventTime":"2026-03-01T11:00:00Z","run":{"runId":"0191b1c0-0000-7000-8000-000000000001"},'
        b'"job":{"namespace":"a","name":"b"},'
    )
    model = b'"event_time":"2026-03-01T11:00:00Z","model":{"namespace":"a","name":"m"},"version":"3",'

    def columns(n: int) -> bytes:
        values = b",".join([b"1"] * n)
        ids = b",".join(b'"%d"' % i for i in range(n))
        return (
            b'{"type":"predictions",' + model + b'"task":"regression","ids":[' + ids + b'],"values":[' + values + b"]}"
        )

    def payloads(n: int, more: bytes = b"") -> bytes:
        ids = b",".join(b'"%d"' % i for i in range(n))
        each = b",".join([b'{"task":"regression","value":1' + more + b"}"] * n)
        return (
            b'{"type":"predictions",'
            + model
            + b'"task":"regression","ids":['
            + ids
            + b'],"predictions":['
            + each
            + b"]}"
        )

    return {
        "datasets": (
            LINEAGE,
            lambda n: head + b'"inputs":[' + b",".join([b'{"namespace":"n","name":"t"}'] * n) + b"]}",
        ),
        "bad datasets": (
            LINEAGE,
            lambda n: head + b'"inputs":[' + b",".join([b'{"namespace":"","name":""}'] * n) + b"]}",
        ),
        "odd names": (
            LINEAGE,
            lambda n: head + b'"inputs":[' + b",".join([b'{"namespace":"\\u0000","name":" "}'] * n) + b"]}",
        ),
        "unknown fields": (LINEAGE, lambda n: head + b",".join(b'"field_%d":0' % i for i in range(n)) + b"}"),
        "unknown fields of datasets": (
            LINEAGE,
            lambda n: head + b'"inputs":[' + b",".join([b'{"namespace":"n","name":"t","x":0}'] * n) + b"]}",
        ),
        "unknown fields of columns": (
            LINEAGE,
            lambda n: (
                head
                + b'"inputs":[{"namespace":"n","name":"t","facets":{"schema":{"fields":['
                + b",".join(b'{"x%d":0}' % i for i in range(n))
                + b"]}}}]}"
            ),
        ),
        "unknown fields of payloads": ("/api/v1/predictions", lambda n: payloads(n, b',"x":0')),
        "facets": (LINEAGE, lambda n: head + b'"x":{' + b",".join(b'"f%d":{}' % i for i in range(n)) + b"}}"),
        "no numbers": (LINEAGE, lambda n: head + b'"x":[' + b",".join([b"NaN"] * n) + b"]}"),
        "run together": (LINEAGE, lambda n: head + b"NaN" * n + b"}"),
        "strings run together": (LINEAGE, lambda n: head + b'""' * n + b"}"),
        "escapes": (LINEAGE, lambda n: head + b'"x":"' + b"\\ud800" * n + b'"}'),
        "brackets": (LINEAGE, lambda n: head + b'"x":' + b"[" * n + b"]" * n + b"}"),
        "far apart": (LINEAGE, lambda n: head + b'"x":"' + b"\xc3\xa4 " * n + b'"}'),
        "scores": (
            "/api/v1/predictions",
            lambda n: (
                b'{"id":"p",'
                + model
                + b'"prediction":{"task":"multiclass","class":"0","scores":{'
                + b",".join(b'"%d":0.0' % i for i in range(n))
                + b"}}}"
            ),
        ),
        "columns": ("/api/v1/predictions", columns),
        "payloads": ("/api/v1/predictions", payloads),
        "slices": (
            "/api/v1/predictions",
            lambda n: (
                b'{"id":"p",'
                + model
                + b'"slices":{'
                + b",".join(b'"s%d":"x"' % i for i in range(n))
                + b'},"prediction":{"task":"regression","value":1}}'
            ),
        ),
    }


def _largest(make: Callable[[int], bytes]) -> bytes:
    """The one with the most parts that the loop still accepts."""
    low, high = 1, LOOP_BYTES
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_small({}, make(middle)) else (low, middle)
    return make(low)


@pytest.mark.parametrize("kind", list(_costly()))
def test_what_a_request_costs_on_the_loop_has_a_bound(loop: Loop, kind: str) -> None:
    path, make = _costly()[kind]
    body = _largest(make)
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    async def counted() -> Answered:
        sys.setprofile(count)
        try:
            return await call(loop.application, "POST", path, body, sent)
        finally:
            sys.setprofile(None)

    sent = loop.gateway.shown()
    answered = asyncio.run(counted())
    assert (loop.on_threads, loop.by_flask) == (0, 0)
    assert answered.status == {"columns": 201, "payloads": 201}.get(kind, answered.status)
    assert answered.status < 500
    assert calls < MOST_CALLS
