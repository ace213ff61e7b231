"""An event keeps the id that it was given; otherwise its id is derived from its bytes."""

import hashlib

import pytest

from headwater.contracts.event_ids import event_id, event_id_header, event_id_of

ID = "0123456789abcdef" * 2


def test_the_header_names_the_event() -> None:
    headers = (("namespace", b"shop"), event_id_header(ID))
    assert event_id_of(headers, b"{}") == ID


@pytest.mark.parametrize("headers", [(), (("event_id", b"no hex"),), (("event_id", b"\xff"),)], ids=str)
def test_what_has_no_id_has_that_of_its_bytes(headers: tuple[tuple[str, bytes], ...]) -> None:
    assert event_id_of(headers, b"{}") == event_id(b"{}")


@pytest.mark.parametrize("size", [0, 2_047, 2_048, 100_000, 10_000_000])
def test_an_id_is_a_digest_whatever_the_size(size: int) -> None:
    assert event_id(b"x" * size) == hashlib.sha256(b"x" * size).hexdigest()[:32]
