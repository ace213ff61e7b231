"""Search, page by page."""

from typing import NamedTuple

from headwater.contracts.cursors import CursorOf, CursorRefused, RowId, Whole
from headwater.contracts.identity import Visible, extent
from headwater.graph.answering.lookups import Hit, Namespaces, Reading
from headwater.graph.state.folding import order_key

# The cursor contains the node's id: names may be longer than a cursor, and the store has them.
_CURSOR = CursorOf("search", tuple[Whole, RowId])


class Question(NamedTuple):
    """`text`: casefolded. `kinds`, `statuses`: sorted; none means all. `namespace`: a prefix."""

    text: str
    kinds: tuple[str, ...] = ()
    namespace: str | None = None
    statuses: tuple[str, ...] = ()


def namespaces_of(visible: Visible) -> Namespaces:
    return None if visible.everything else extent(visible.prefixes)


def search_page(
    reading: Reading, question: Question, *, limit: int, cursor: str | None, visible: Visible
) -> tuple[list[Hit], str | None]:
    """One page, and the cursor of the next. Raises CursorRefused."""
    found = reading.search_nodes(
        question.text,
        kinds=question.kinds,
        namespace=question.namespace,
        statuses=question.statuses,
        namespaces=namespaces_of(visible),
        after=_place(reading, _CURSOR.read(cursor, *question), visible),
        limit=limit + 1,
    )
    page = found[:limit]
    if not page or len(found) == len(page):
        return page, None
    return page, _CURSOR.write((page[-1].rank, page[-1].node.id), *question)


def _place(reading: Reading, shown: tuple[int, str] | None, visible: Visible) -> tuple[int, str, str, str] | None:
    """The sort position of a cursor's row. A hidden row is refused like one that does not exist."""
    if shown is None:
        return None
    rank, node = shown
    record = reading.nodes([node]).get(node)
    if record is None or not visible.allows(record.key.namespace):
        raise CursorRefused
    return rank, order_key(record.key.name), record.key.namespace, node
