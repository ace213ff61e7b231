"""Standard terms of this field are used in code, prose and file names."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.sources import ROOT, texts

LIST = Path(__file__).with_name("words.toml")
WORDS: list[dict[str, Any]] = tomllib.loads(LIST.read_text())["word"]
PROSE_AND_CODE = (".py", ".md", ".ts", ".tsx", ".yaml", ".yml", ".toml", ".sql", ".cypher", "Makefile")
NOT_OURS = ("package-lock.json", "schema.gen.ts", "jars.lock.toml", "CHANGELOG.md")


def spoken(text: str) -> str:
    """The words of a text in lower case: identifiers are split at underscores, hyphens and capitals."""
    return re.sub(r"[_-]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)).lower()


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word["instead"])
def test_only_standard_terms_are_used(word: dict[str, Any]) -> None:
    pattern = re.compile(rf"\b(?:{word['pattern']})\b")
    found = [
        f"{file}:{number}: {line.strip()[:100]}"
        for file, text in texts(*PROSE_AND_CODE)
        if file.name not in NOT_OURS and not any(fnmatch(str(file), allowed) for allowed in word.get("allow", ()))
        and ROOT / file not in (LIST, Path(__file__))
        for number, line in enumerate([str(file), *text.splitlines()])
        if pattern.search(spoken(line))
    ]  # fmt: skip
    assert len(found) <= word.get("at_most", 0), f"write {word['instead']} instead:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("_DUE_WINDOWS", " due windows"),
        ("HttpEndpoint", "http endpoint"),
        ("kafka-consumer", "kafka consumer"),
        ("test_a_window_is_revised", "test a window is revised"),
    ],
)
def test_identifiers_are_read_as_words(text: str, words: str) -> None:
    assert spoken(text) == words
