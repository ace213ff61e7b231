"""Why an event is refused, in words for its sender.

Invalid          fields break the rules: a 422 over HTTP, a dead letter from Kafka
└── NotJson      the bytes are not JSON text in UTF-8: a 400
"""

from collections.abc import Sequence
from typing import NamedTuple

LONGEST_MESSAGE = 300


class FieldError(NamedTuple):
    """`field`: path such as `inputs[2].name`, empty for the whole; `message`: what is wrong and the remedy."""

    field: str
    message: str


class Invalid(ValueError):
    """The event is refused, and nothing of it is kept."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = [FieldError(e.field[:LONGEST_MESSAGE], e.message[:LONGEST_MESSAGE]) for e in errors]
        super().__init__("; ".join(f"{e.field}: {e.message}" if e.field else e.message for e in self.errors))


class NotJson(Invalid):
    """The body could not be parsed."""

    def __init__(self, message: str) -> None:
        super().__init__([FieldError("", message)])
