"""Folded names for sorting and search, cut to the limits of the indexes of every store. Pure.

Neo4j refuses a key of more than some 8,150 bytes in a range index, and a text of more than 32,766 bytes in a text
index. Folding may triple the length of a name, and composing one may triple it again; so indexed texts are bounded
here, for all stores alike, and the name itself is stored in full.
"""

from collections.abc import Sequence

ORDER_CHARACTERS = 512
"""Characters of a folded name that determine its sort order: 2,048 bytes at most, beside a namespace of 4,096."""
TEXT_BYTES = 32_000
"""Bytes of UTF-8 of a node's names that are searched."""
_CERTAINLY_FITS = TEXT_BYTES // (3 * 4)  # folding makes three characters of one at most


def order_key(name: str) -> str:
    """The sort key of a name; equal keys are ordered by namespace, then id."""
    return name.casefold()[:ORDER_CHARACTERS]


def label_pieces(label: str) -> str:
    """A label or its beginning as used for ranking: each of its pieces begins with a dot."""
    return "." + label.casefold().replace("/", ".")


def search_text(names: Sequence[str]) -> str:
    """Folded names, one per line: as many of them, in the order given, as fit into TEXT_BYTES."""
    if len(names) == 1 and len(names[0]) <= _CERTAINLY_FITS:
        return names[0].casefold()
    kept: list[str] = []
    room = TEXT_BYTES + 1
    for name in names:
        folded = name.casefold()
        room -= len(folded.encode()) + 1
        if room < 0:
            break
        kept.append(folded)
    return "\n".join(kept)
