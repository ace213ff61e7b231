"""Error responses: RFC 9457 `application/problem+json`."""

from collections.abc import Callable
from typing import Any

import msgspec

from headwater.contracts.problems import Problems
from headwater.contracts.storage import Damaged, DiskFull

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Raise it anywhere below a view; the error handler turns it into the response.

    `errors`: entries `{"field": …, "message": …}`. 401 gets `WWW-Authenticate` and 503 and 429 get `Retry-After`
    when `headers` holds none. `recorded`: it was written to the audit trail already when raised.
    """

    recorded = False

    def __init__(
        self,
        problem: Problems,
        detail: str,
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.errors = errors or []
        self.headers = {**_DEFAULT_HEADERS.get(problem, {}), **(headers or {})}

    @property
    def status(self) -> int:
        return self.problem.value.status

    def body(self, instance: str | None = None) -> "ProblemBody":
        return ProblemBody(
            type=self.problem.uri,
            title=self.problem.value.title,
            status=self.status,
            detail=self.detail,
            instance=instance,
            errors=[FieldError(str(entry.get("field", "")), str(entry.get("message", ""))) for entry in self.errors],
        )


def surprise() -> Problem:
    """The problem of an error that nobody expected, which is logged."""
    return Problem(Problems.INTERNAL, "The request failed; the log has the reason under this instance.")


def invalid(field: str, message: str, problem: Problems = Problems.INVALID) -> Problem:
    """A problem about one field or parameter."""
    return Problem(problem, f"{field}: {message}", errors=[{"field": field, "message": message}])


class FieldError(msgspec.Struct):
    """An entry of `errors`: a field or parameter and what is wrong with it."""

    field: str
    message: str


class ProblemBody(msgspec.Struct, omit_defaults=True, kw_only=True):
    """RFC 9457. `type` is one of the listed problem types; `instance` is the request id to quote in a report."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[FieldError] = []


_DEFAULT_HEADERS: dict[Problems, dict[str, str]] = {
    Problems.UNAUTHENTICATED: {"WWW-Authenticate": 'Bearer realm="headwater"'},
    Problems.UNAVAILABLE: {"Retry-After": "5"},
    Problems.DISK_FULL: {"Retry-After": "10"},
    Problems.DAMAGED: {"Retry-After": "60"},
    Problems.THROTTLED: {"Retry-After": "60"},
}


def unauthenticated(detail: str) -> Problem:
    """401, with the error code of RFC 6750 when credentials were presented."""
    return Problem(
        Problems.UNAUTHENTICATED,
        detail,
        headers={"WWW-Authenticate": 'Bearer realm="headwater", error="invalid_token"'},
    )


def storage_problem(fault: DiskFull | Damaged) -> Problem:
    """503 with the directory or the file, and what to do."""
    if isinstance(fault, DiskFull):
        return Problem(Problems.DISK_FULL, f"Nothing can be stored now: {fault}.")
    return Problem(Problems.DAMAGED, f"{fault}.")


def away(detail: str) -> Callable[[Any], Problem]:
    """For `Service.errors`: 503 with `detail` for an error of a store that does not answer now.

    The error's own `retry_after` (seconds) is used; where a disk is full, the detail states its directory.
    """

    def problem(error: Any) -> Problem:
        if isinstance(error, DiskFull):
            return storage_problem(error)
        retry = {"Retry-After": str(max(1, round(error.retry_after)))}
        return Problem(Problems.UNAVAILABLE, detail, headers=retry)

    return problem
