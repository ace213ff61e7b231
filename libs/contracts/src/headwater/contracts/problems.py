"""The closed list of problem types (RFC 9457), documented in docs/; `about` is what the client should do."""

from enum import Enum
from typing import NamedTuple


class ProblemType(NamedTuple):
    slug: str
    status: int
    title: str
    about: str


class Problems(Enum):
    """`urn:headwater:problem:<slug>` is the `type` member of a response."""

    NOT_JSON = ProblemType("not-json", 400, "The body is not JSON", "Send UTF-8 JSON; the detail gives the position.")
    INVALID = ProblemType("invalid", 422, "The request violates its schema", "Correct the fields listed under errors.")
    INVALID_QUERY = ProblemType("invalid-query", 400, "A query parameter is wrong", "Correct the parameters listed.")
    UNAUTHENTICATED = ProblemType("unauthenticated", 401, "Not authenticated", "Send a valid token or API key.")
    FORBIDDEN = ProblemType("forbidden", 403, "Not allowed", "Ask for the permission that the detail names.")
    NOT_FOUND = ProblemType("not-found", 404, "Not found", "It does not exist, or you may not see it.")
    METHOD = ProblemType("method-not-allowed", 405, "Method not allowed", "Use a method listed in Allow.")
    CONFLICT = ProblemType("conflict", 409, "It already exists", "Choose another name or change the existing one.")
    TOO_LARGE = ProblemType("too-large", 413, "The body is too large", "Send less at once; the detail names the limit.")
    MEDIA_TYPE = ProblemType("media-type", 415, "Unsupported media type", "Send application/json, plain or with gzip.")
    MISDIRECTED = ProblemType(
        "misdirected", 421, "Unknown host name", "Use a host name of the product, or add this one to its allowed hosts."
    )
    THROTTLED = ProblemType("throttled", 429, "Too many attempts", "Wait for the time in Retry-After.")
    INTERNAL = ProblemType("internal", 500, "Internal error", "Report it with the request id.")
    DISK_FULL = ProblemType(
        "disk-full", 503, "The disk is full", "Free space where the detail says; retry after Retry-After."
    )
    DAMAGED = ProblemType("damaged", 503, "Stored data is damaged", "Follow the detail: it names the file.")
    UNAVAILABLE = ProblemType("unavailable", 503, "Not available now", "Try again after the time in Retry-After.")

    @property
    def uri(self) -> str:
        return f"urn:headwater:problem:{self.value.slug}"
