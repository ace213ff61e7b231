"""Redaction of responses that would reveal the name of something that the principal may not see.

Producers put any JSON into facets, so no list of facets is complete: each is searched as a whole, for identities, for
addresses, for `namespace/name` of namespaces in the graph, and for the names of hidden neighbours. In doubt a facet is
left out: SQL over a hidden table, and text that is too large to be searched.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec

from headwater.contracts.api.graph import Node
from headwater.contracts.identity import Visible
from headwater.graph.answering.lookups import Reading

LARGEST = 262_144
NAMES_HIDDEN = "contains names that you may not see"
TOO_LARGE = "too large to check for names that you may not see"
_MOST_ADDRESSES = 16
_MOST_PIECES = 8
# Web links are not data, unless the graph has a dataset of that address.
_LINKS = frozenset({"http", "https"})
_SEPARATORS = "/:.#@|"
_GAPS = re.compile(r"""[\s"'`,;()<>\[\]{}=\\]+""")
_SCHEME = re.compile(r"[A-Za-z0-9+.-]+\Z")
_PIECES = re.compile(r"[/:.#@|]+")


class Redaction:
    """Decides redaction for one principal and one response.

    namespaces: all in the graph; called once, and only when text has to be searched. neighbours: names of hidden
    neighbours of the node in the response.
    """

    def __init__(
        self, visible: Visible, namespaces: Callable[[], Iterable[str]], neighbours: Collection[str] = ()
    ) -> None:
        self._visible = visible
        self._namespaces = namespaces
        folded = [name.casefold() for name in neighbours]
        self._names = frozenset(folded) | {end for name in folded for end in _ends(name)}
        last = {_pieces(name)[-1] for name in folded}
        self._phrases = frozenset(name for name in last if _GAPS.search(name))
        self._words = frozenset(name for name in last - self._phrases if len(name) > 1)

    @cached_property
    def _hidden(self) -> frozenset[str]:
        return frozenset(name for name in self._namespaces() if name and not self._visible.allows(name))

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(name) for name in self._hidden})

    def reasons(self, facets: Mapping[str, bytes]) -> dict[str, str]:
        """Which of the facets, by name, may not be served, and why."""
        if self._visible.everything:
            return {}
        found = {name: self._reason(name, raw) for name, raw in facets.items()}
        return {name: reason for name, reason in found.items() if reason is not None}

    def _reason(self, name: str, raw: bytes) -> str | None:
        side, *dataset_and_facet = name.split("\0")
        if dataset_and_facet and not self._visible.allows(dataset_and_facet[0]):
            return NAMES_HIDDEN
        if len(raw) > LARGEST:
            return TOO_LARGE
        facet = dataset_and_facet[-1] if dataset_and_facet else side
        # A column may have the same name as a hidden table.
        hidden = self.names(facet) or self.names(msgspec.json.decode(raw), words=facet != "schema")
        return NAMES_HIDDEN if hidden else None

    def names(self, value: Any, *, words: bool = True) -> bool:
        """Whether JSON contains the name of something hidden, at any depth. `words`: a single word may be a name."""
        if self._visible.everything:
            return False
        stack = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                if self._in_text(item, words):
                    return True
            elif isinstance(item, dict):
                if any(_means_namespace(key) and self._hides(inner) for key, inner in item.items()):
                    return True
                stack += item.keys()
                stack += item.values()
            elif isinstance(item, list):
                if len(item) > 1 and isinstance(item[0], str) and item[0] in self._hidden:
                    return True
                stack += item
        return False

    def card(self, node: Node) -> Node:
        """The node without tags and summary entries that reveal hidden names."""
        if node.tags:
            node.tags = [tag for tag in node.tags if not self.names(tag)]
        if node.summary and self.names(node.summary):
            node.summary = {}
        return node

    def cards(self, nodes: Iterable[Node]) -> list[Node]:
        return [self.card(node) for node in nodes]

    def _hides(self, namespace: Any) -> bool:
        return isinstance(namespace, str) and not self._visible.allows(namespace)

    def _in_text(self, text: str, words: bool) -> bool:
        tokens = {token for token in _GAPS.split(text) if token}
        if any(self._in_token(token) for token in tokens):
            return True
        if not self._names:
            return False
        if len(tokens) > 1:
            found = {piece for token in tokens for piece in _pieces(token.casefold())}
            return not found.isdisjoint(self._words) or any(phrase in text.casefold() for phrase in self._phrases)
        folded = text.casefold().strip()
        ends = {folded, *_ends(folded)} if words else set(_ends(folded))
        return not ends.isdisjoint(self._names)

    def _in_token(self, token: str) -> bool:
        token = token.rstrip(".,:;!?*")
        if token.count("://") > _MOST_ADDRESSES:
            return True
        return any(map(self._is_hidden_address, _addresses(token))) or self._begins_hidden(token)

    def _is_hidden_address(self, address: str) -> bool:
        if address.partition("://")[0].lower() in _LINKS:
            return address in self._hidden or self._begins_hidden(address)
        return not self._visible.allows(address)

    def _begins_hidden(self, token: str) -> bool:
        """Whether it is a namespace that the principal may not see, with a name behind it."""
        for length in self._lengths:
            if length + 1 >= len(token):
                return False
            if token[length] in _SEPARATORS and token[:length] in self._hidden:
                return not self._visible.allows(token)
        return False


def redaction_for(reading: Reading, visible: Visible, neighbours: Collection[str] = ()) -> Redaction:
    """The redaction for a response from a store."""
    return Redaction(visible, lambda: {namespace for _, namespace in reading.tallies()}, neighbours)


def _means_namespace(key: str) -> bool:
    return key.casefold().endswith("namespace")


def _addresses(token: str) -> Iterator[str]:
    """The text after each scheme: jdbc:postgresql://db/shop contains postgresql://db/shop."""
    at = token.find("://")
    while at >= 0:
        scheme = _SCHEME.search(token, max(0, at - 64), at)
        if scheme is not None:
            yield token[scheme.start() :]
        at = token.find("://", at + 3)


def _pieces(name: str) -> list[str]:
    return [piece for piece in _PIECES.split(name) if piece] or [name]


def _ends(name: str) -> Iterator[str]:
    """Suffixes of two or more pieces, up to a limit: shop.public.orders has public.orders."""
    pieces = _pieces(name)[-_MOST_PIECES:]
    return (".".join(pieces[start:]) for start in range(len(pieces) - 1))
