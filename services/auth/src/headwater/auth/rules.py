"""Which names and passwords are accepted. Pure."""

import re
import unicodedata
from collections.abc import Collection

SHORTEST = 15
LONGEST = 1024
_NAME = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,126}[^\s\x00-\x1f\x7f])?")
# Long enough for the length rule, but among the most common.
COMMON = (
    "passwordpassword",
    "password12345678",
    "1234567890123456",
    "12345678901234567890",
    "qwertyuiopasdfghjkl",
    "qwertyuiop123456",
    "qwertyuiop[]\\asdfghjkl",
    "1qaz2wsx3edc4rfv",
    "1q2w3e4r5t6y7u8i9o0p",
    "abcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmno",
    "iloveyouiloveyou",
    "correcthorsebatterystaple",
    "correct horse battery staple",
    "letmeinletmeinletmein",
    "administratoradministrator",
    "changemechangeme",
    "changeitchangeit",
    "trustno1trustno1",
    "welcomewelcome123",
    "monkeymonkeymonkey",
    "dragondragondragon",
    "footballfootball",
    "baseballbaseball",
    "sunshinesunshine",
    "princessprincess",
    "superman12345678",
    "thequickbrownfox",
    "thequickbrownfoxjumpsoverthelazydog",
    "passwordpassword1",
    "passw0rdpassw0rd",
    "p@ssw0rdp@ssw0rd",
    "qazwsxedcrfvtgb",
    "zaq12wsxcde34rfv",
    "asdfghjklqwertyuiop",
    "111111111111111",
    "000000000000000",
    "987654321987654321",
    "123123123123123123",
    "123456789012345",
    "1234567812345678",
    "0123456789abcdef",
    "ilovemyfamilyforever",
    "loveyouloveyouloveyou",
)
# Likely first guesses for this product.
PRODUCT_WORDS = ("headwater", "lineage", "password", "admin", "welcome", "login", "secret", "letmein", "qwerty")


def username_key(username: str) -> str:
    """The form in which a name is unique: variants of width and case are one name."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username.strip()).casefold())


def username_fault(username: str) -> str | None:
    """Why a name is refused, as a sentence; None when it is not."""
    if not _NAME.fullmatch(username):
        return "Use 1 to 128 characters without control characters, and no blank at either end."
    if not username_key(username) or not username.isprintable():
        return "Use visible characters."
    return None


def password_fault(password: str, *, username: str, common: Collection[str] = COMMON) -> str | None:
    """Why a password is refused, as a sentence; None when it is not. Length counts characters after NFC."""
    text = unicodedata.normalize("NFC", password)
    if len(text) > LONGEST:
        return f"Use {LONGEST} characters at most."
    if len(text) < SHORTEST:
        return f"Use {SHORTEST} characters or more; several words make it easy to remember."
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text):
        return "Leave out control characters."
    plain = text.casefold()
    if plain in common or _is_repetition(plain) or _is_filler(plain, username_key(username)):
        return "This is one of the most common passwords: choose another."
    return None


def _is_repetition(text: str) -> bool:
    """One piece of up to four characters, repeated."""
    return any((text[:size] * (len(text) // size + 1))[: len(text)] == text for size in range(1, 5))


def _is_filler(text: str, name: str) -> bool:
    """Little is left without the user's name and the product's words."""
    rest = text
    for word in (name, *PRODUCT_WORDS):
        if len(word) >= 4:
            rest = rest.replace(word, "")
    return len(rest) < 6
