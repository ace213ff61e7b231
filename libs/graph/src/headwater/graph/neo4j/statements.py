"""The statements, by name. Their texts are fixed and only parameters vary, so each is planned once."""

from functools import cache
from importlib.resources import files
from typing import LiteralString

_FOLDER = files("headwater.graph.neo4j") / "cypher"


@cache
def statement(name: str) -> LiteralString:
    """The text of `cypher/<name>.cypher`."""
    return (_FOLDER / f"{name}.cypher").read_text(encoding="utf-8")


def names() -> list[str]:
    """All statements."""
    return sorted(entry.name.removesuffix(".cypher") for entry in _FOLDER.iterdir() if entry.name.endswith(".cypher"))


def schema() -> list[LiteralString]:
    """Constraints and indexes, one statement each, all idempotent."""
    text = statement("schema")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("//"))
    return [part.strip() for part in lines.split(";") if part.strip()]
