"""What waitress says in its own way, said in ours.

What it refuses before any application sees it is a problem like every other refusal, and an answer that is there
as a whole leaves by one call: head and body by two are two packets, and each call gives other threads the turn.
"""

from typing import Any

import msgspec
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask

from headwater.contracts.problems import Problems
from headwater.runtime.problem import MEDIA_TYPE, Problem, ProblemBody


def problem_of(code: int, reason: str, detail: str, *, body_limit: int) -> ProblemBody:
    """The problem for one of waitress's own errors."""
    if code == Problems.TOO_LARGE.value.status:
        return Problem(Problems.TOO_LARGE, f"The body may have {body_limit:,} bytes: send less at once.").body()
    if code == Problems.INTERNAL.value.status:
        return Problem(Problems.INTERNAL, "The request failed for a reason of ours.").body()
    return ProblemBody(type="about:blank", title=reason, status=code, detail=f"{detail}: mend the request.")


class _ProblemTask(ErrorTask):
    def execute(self) -> None:
        request: Any = self.request
        error = request.error
        limit = self.channel.server.adj.max_request_body_size
        told = problem_of(error.code, error.reason, str(error.body), body_limit=limit)
        body = msgspec.json.encode(told)
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [("Content-Type", MEDIA_TYPE)]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _OnePieceTask(WSGITask):
    def write(self, data: bytes) -> None:
        whole = not self.wrote_header and self.complete and self.has_body and self.content_length == len(data)
        if not whole or not data:
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


class ProblemChannel(HTTPChannel):
    """Hand it to a server as its `channel_class`."""

    task_class = _OnePieceTask
    error_task_class = _ProblemTask
