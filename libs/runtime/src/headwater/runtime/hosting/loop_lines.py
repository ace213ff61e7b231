"""Log lines of consumers about processed records: which requests sent them."""

from collections.abc import Callable, Sequence
from typing import Any

from headwater.bus.port import Record
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.logs.request_ids import LONGEST_ID, MOST_IDS, listed

LONGEST_REASON = 500
RequestOf = Callable[[Record, Any], str]
"""The id of the request that sent a record, whose item is None where it could not be decoded; empty without one."""


def named_in_header(record: Record, item: object = None) -> str:
    """The id that the gateway put into the record's header."""
    for name, value in record.headers:
        if name == "request_id":
            return value.decode("ascii", "replace")
    return ""


class LoopLines:
    """The lines of one consumer; see `LoopLog` of the bus.

    A batch has one line for every MOST_IDS records, or none where no record has a request id. Each dead letter has its
    own.
    """

    def __init__(self, group: str, request_of: RequestOf = named_in_header) -> None:
        self._log, self._request_of = get_logger(f"{group}.consumer"), request_of

    def applied(self, items: Sequence[tuple[Record, object]]) -> None:
        """Log the requests that sent the records of a batch."""
        request_of = self._request_of
        for start in range(0, len(items), MOST_IDS):
            part = items[start : start + MOST_IDS]
            found = listed(request_of(record, item) for record, item in part)
            if found:
                self._log.info("applied", records=len(part), **found)

    def dead_lettered(self, entries: Sequence[tuple[Record, str]]) -> None:
        """Log for each its position, why it cannot be handled, and which request sent it."""
        for record, reason in entries:
            brought_by = self._request_of(record, None)[:LONGEST_ID]
            self._log.warning(
                "dead_lettered",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                reason=reason[:LONGEST_REASON],
                **({"request_id": brought_by} if brought_by else {}),
            )
