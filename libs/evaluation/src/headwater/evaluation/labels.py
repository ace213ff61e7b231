"""Class labels as text, and the choice of the positive class."""

from collections.abc import Iterable, Sequence

# Well-known pairs, whose second word is the positive class.
_WORDS = (
    ("0", "1"),
    ("false", "true"),
    ("no", "yes"),
    ("negative", "positive"),
    ("-1", "1"),
    ("n", "y"),
    ("neg", "pos"),
)
_PAIRS = tuple((spell(a), spell(b)) for a, b in _WORDS for spell in (str.lower, str.capitalize, str.upper))


def as_label(value: str | float | bool) -> str:
    """One spelling per class: `True` is "true", `1` and `1.0` are "1", text stays as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def binary_labels(
    declared: Sequence[str] | None, positive: str | None, seen: Iterable[str]
) -> tuple[str | None, str] | None:
    """(negative, positive) of a binary task, or None when neither the declaration nor the labels determine them.

    The positive class is the declared one; else the last of two declared labels; else the second word of a
    well-known pair; else the last in sort order of the two labels seen. The negative class is None when only
    the positive one is known. The result depends only on the set of labels.
    """
    known = set(declared or ()) | set(seen)
    if positive is None:
        positive = _positive(declared, known)
        if positive is None:
            return None
    others = known - {positive}
    if len(others) == 1:
        return others.pop(), positive
    return next((low for low, high in _PAIRS if high == positive), None), positive


def _positive(declared: Sequence[str] | None, known: set[str]) -> str | None:
    if declared is not None and len(declared) == 2:
        return declared[1]
    if not known:
        return None
    for low, high in _PAIRS:
        if known <= {low, high}:
            return high
    return max(known) if len(known) == 2 else None
