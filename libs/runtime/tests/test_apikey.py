import re

import pytest

from headwater.runtime.identity import apikey
from headwater.runtime.settings import Secret


def test_a_key_can_be_read_back() -> None:
    key = apikey.mint()
    assert re.fullmatch(r"hw_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", key.text())
    assert apikey.parse(key.text()) == key
    assert apikey.mint() != key


def test_every_mistyped_sign_is_noticed() -> None:
    text = apikey.mint().text()
    for place in range(len(text)):
        other = "x" if text[place] != "x" else "y"
        assert apikey.parse(text[:place] + other + text[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", "hw_", "hw_a_b", "hw_" + "a" * 62, "hw_" + "é" * 12 + "_" + "a" * 49])
def test_what_is_not_a_key_is_none(text: str) -> None:
    assert apikey.parse(text) is None


def test_the_digest_depends_on_the_pepper() -> None:
    assert apikey.digest(Secret("a"), "s") != apikey.digest(Secret("b"), "s")
    assert apikey.digest(Secret("a"), "s") == apikey.digest(Secret("a"), "s")
