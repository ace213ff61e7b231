"""Removes credentials from logs and messages."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

REDACTED = "[redacted]"
_SECRET_NAME = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api_?key|pepper|credential", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"hw_[A-Za-z0-9]+_[A-Za-z0-9]{20,}"  # API keys
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # tokens
    r"|(?<=[Bb]earer )\S+"
    r"|(?<=://)[^/@\s:]*:[^/@\s]+(?=@)"  # user:password in addresses
)


def redact_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Values with names of secrets, and texts that look like credentials, are redacted."""
    return {name: REDACTED if _SECRET_NAME.search(name) else _clean(value) for name, value in fields.items()}


def redact_text(text: str) -> str:
    """The text without anything that looks like a credential."""
    return _SECRET_TEXT.sub(REDACTED, text)


def _is_clean_list(values: Sequence[object]) -> bool:
    """Whether a list is of texts without credentials: one search, for lines that list a thousand request ids."""
    try:
        return not _SECRET_TEXT.search("\n".join(values))  # type: ignore[arg-type]
    except TypeError:
        return False


def _clean(value: object) -> object:
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return {
            str(name): REDACTED if _SECRET_NAME.search(str(name)) else _clean(inner) for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return value if _is_clean_list(value) else [_clean(inner) for inner in value]
    if isinstance(value, BaseException):
        return redact_text(repr(value))
    return value
