"""Names as order and search see them, cut to what the indexes of every store hold. Pure.

Neo4j refuses a key of more than some 8,150 bytes in a range index, and a text of more than 32,766 bytes in a text
index. Folding may triple the length of a name, and composing one may triple it again; so what is indexed is bounded
here, for all stores alike, and a name itself is kept whole.
"""

from collections.abc import Iterable

ORDER_CHARACTERS = 512
"""How much of a folded name decides its place in a list: 2,048 bytes at most, beside a namespace of 4,096."""
TEXT_BYTES = 32_000
"""How much of its names a node is found by, in UTF-8."""


def order_key(name: str) -> str:
    """What a name is ordered by; names alike so far are ordered by namespace, then id."""
    return name.casefold()[:ORDER_CHARACTERS]


def label_pieces(label: str) -> str:
    """A label or the beginning of one as search ranks it: each of its pieces begins with a dot."""
    return "." + label.casefold().replace("/", ".")


def search_text(names: Iterable[str]) -> str:
    """Folded names, one a line: as many of them, in the order given, as fit into TEXT_BYTES."""
    kept: list[str] = []
    room = TEXT_BYTES + 1
    for name in names:
        folded = name.casefold()
        room -= len(folded.encode()) + 1
        if room < 0:
            break
        kept.append(folded)
    return "\n".join(kept)
