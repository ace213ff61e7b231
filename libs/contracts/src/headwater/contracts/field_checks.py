"""Checks on single fields; each appends its findings to a list, so that a sender gets all of them at once."""

from collections.abc import Sequence

from headwater.contracts.refusals import FieldError
from headwater.contracts.times import parse_instant

NAME_LIMIT = 4096
"""Bytes of UTF-8 in a name or namespace."""
ID_LIMIT = 512
"""Bytes of UTF-8 in an id chosen by the sender (run, prediction, version, metric) and in whatever else becomes part of
a key: class names, slices and their values. PostgreSQL holds 2,704 bytes in a key, which has up to three of them."""
COUNT_LIMIT = 2**53
"""The greatest count: beyond it JSON numbers are not exact everywhere."""
FUTURE_LIMIT = 24 * 3600 * 1_000_000
MOST_ERRORS = 100

Errors = list[FieldError]


def is_plain_name(name: str) -> bool:
    """Whether a name is certainly valid, by a quick check: it begins with a printable character and is not long."""
    return "!" <= name < "\x7f" and len(name) <= NAME_LIMIT // 4 and "\0" not in name


def check_name(errors: Errors, field: str, name: str, *, marker: str | None = None) -> None:
    """Names identify: not blank, at most 4096 bytes, without NUL or lone surrogates (`marker` stands for those)."""
    if marker is None and is_plain_name(name):
        return
    if not name.strip():
        errors.append(FieldError(field, "must not be empty: name what the event is about"))
    elif is_long(name, NAME_LIMIT):
        errors.append(FieldError(field, f"is longer than {NAME_LIMIT} bytes: shorten the name"))
    elif "\0" in name or (marker is not None and marker in name):
        errors.append(FieldError(field, "holds U+0000 or a lone surrogate: names must be text that every store keeps"))


def is_long(text: str, limit: int = ID_LIMIT) -> bool:
    """Whether a text takes more than `limit` bytes of UTF-8."""
    return len(text) > limit or (not text.isascii() and len(text.encode()) > limit)


def check_length(errors: Errors, field: str, text: str, limit: int = ID_LIMIT) -> None:
    if is_long(text, limit):
        errors.append(FieldError(field, f"is longer than {limit} bytes: shorten it"))


def check_id(errors: Errors, field: str, value: str, *, marker: str | None = None) -> None:
    """An id chosen by the sender: 1 to 512 bytes."""
    if is_long(value):
        errors.append(FieldError(field, f"is longer than {ID_LIMIT} bytes: shorten the id"))
    else:
        check_name(errors, field, value, marker=marker)


def check_ids(errors: Errors, field: str, values: Sequence[str], *, marker: str | None = None) -> None:
    """A column of ids; the rows are iterated only when something is wrong."""
    if not values:
        errors.append(FieldError(field, "must not be empty: a batch has at least one row"))
    elif "" in values or _any_long(values) or _suspicious("\n".join(values), marker):
        for row, value in enumerate(values):
            if len(errors) < MOST_ERRORS:
                check_id(errors, f"{field}[{row}]", value, marker=marker)


def _any_long(values: Sequence[str]) -> bool:
    longest = max(map(len, values))  # a character takes four bytes at most
    return longest > ID_LIMIT or (longest * 4 > ID_LIMIT and any(map(is_long, values)))


def _suspicious(text: str, marker: str | None) -> bool:
    return "\0" in text or (marker is not None and marker in text) or "\n\n" in text or " " in text


def check_text_time(errors: Errors, field: str, text: str, received_at: int) -> int:
    """The moment in microseconds; 0 when it is not valid. Not before 1970, not later than a day after arrival."""
    try:
        moment = parse_instant(text)
    except ValueError as error:
        errors.append(FieldError(field, str(error)))
        return 0
    if moment < 0:
        errors.append(FieldError(field, "is before 1970: check the clock of the producer"))
    elif moment > received_at + FUTURE_LIMIT:
        errors.append(FieldError(field, "is later than its arrival by more than a day: check the clock and the zone"))
    return moment
