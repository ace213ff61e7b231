import pytest

from headwater.auth.rules import password_fault, username_fault, username_key


@pytest.mark.parametrize(
    "password",
    [
        "violet harbour at noon",
        "x" * 7 + "yz quartz moon",
        "пятнадцать знаков",
        " spaces at both ends ",
        "1" + "é" * 3 + " harbour moons",
    ],
)
def test_long_passwords_are_accepted_whatever_their_signs(password: str) -> None:
    assert password_fault(password, username="ada") is None


@pytest.mark.parametrize(
    "password",
    [
        "fourteen signs",
        "e\u0301" * 14,  # 28 code points, 14 after NFC
        "x" * 1025,
        "with a \0 in the middle",
        "lone \ud800 surrogate here",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcdabcdabcdabcdabcd",
        "Password12345678",
        "HeadwaterHeadwater",
        "adalovelaceadalovelace",
        "headwater-admin-1",
    ],
)
def test_short_long_broken_and_common_passwords_are_refused(password: str) -> None:
    assert password_fault(password, username="AdaLovelace") is not None


@pytest.mark.parametrize("name", ["ada", "Ada Lovelace", "ada@example.org", "Ünal", "a"])
def test_ordinary_names_are_accepted(name: str) -> None:
    assert username_fault(name) is None


@pytest.mark.parametrize("name", ["", " ada", "ada ", "a\tb", "a\u202eb", "a" * 129, "a\u200bb"])
def test_visually_confusable_names_are_refused(name: str) -> None:
    assert username_fault(name) is not None


def test_width_and_case_make_no_other_name() -> None:
    assert username_key("ＡＤＡ") == username_key("ada") == username_key(" Ada ")
