"""`make help` is complete, and the targets that the documents name exist."""

import re

from tests.architecture.sources import ROOT, texts

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^\.PHONY: ([\w-]+)$", MAKEFILE, re.MULTILINE))
EXPLAINED = set(re.findall(r"^([\w-]+):.*? ## \S", MAKEFILE, re.MULTILINE))


def test_every_target_is_explained() -> None:
    assert sorted(TARGETS - EXPLAINED) == []


def test_what_the_documents_tell_to_run_exists() -> None:
    named = {
        (str(file), target)
        for file, text in texts(".md")
        for target in re.findall(r"(?:`|^\$ )make ([a-z][\w-]+)", text, re.MULTILINE)
    }
    assert named
    assert {pair for pair in named if pair[1] not in TARGETS} == set()
