"""A key never grants more than its owner holds, nor more than any of its parent keys was given."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contracts.holdings import (
    ANNOTATE,
    DEEPEST,
    EVERYTHING,
    Holdings,
    KeyRefused,
    OwnerUnknown,
    common,
    key_holdings,
    missing,
)
from headwater.contracts.holdings import given as given_to
from headwater.contracts.identity import (
    INSTALLATION,
    ApiKeyRecord,
    Binding,
    SubjectRecord,
    Visible,
    covers,
    narrowed,
)
from headwater.contracts.permissions import (
    NAMES,
    ROLES,
    SERVICE_ONLY,
    UNSCOPED,
    prefixes_by_permission,
)

NOW = 1_000
# Few characters, so that prefixes often contain one another.
names = st.text("ab/.", max_size=5)
prefixes = st.lists(names, max_size=4).map(tuple)
permissions = st.lists(st.sampled_from(sorted(NAMES)), max_size=8).map(tuple)
ends = st.none() | st.integers(NOW - 1, NOW + 9)


def key(key_id: str, **more: object) -> ApiKeyRecord:
    return ApiKeyRecord(**{"id": key_id, "digest": "", "owner": "user:ada", "permissions": (), **more})  # type: ignore[arg-type]


@st.composite
def lines(draw: st.DrawFn) -> list[ApiKeyRecord]:
    """A key, the key that made it, and so on."""
    length = draw(st.integers(1, 4))
    return [
        key(
            f"k{number}",
            permissions=draw(permissions),
            prefixes=draw(prefixes),
            annotate=draw(prefixes),
            expires_at=draw(ends),
            revoked=draw(st.integers(0, 9)) == 0,
            parent=f"k{number + 1}" if number + 1 < length else None,
        )
        for number in range(length)
    ]


bindings = st.lists(st.builds(Binding, st.sampled_from([role.name for role in ROLES]), names), max_size=5).map(tuple)


def of(line: list[ApiKeyRecord], owner: SubjectRecord | None = None, now: int = NOW) -> Holdings:
    keys = {link.id: link for link in line}
    return key_holdings(
        line[0], key_of=keys.get, subject_of=lambda subject: owner if subject == "ada" else None, now=now
    ).held


def ada(*held: Binding, disabled: bool = False) -> SubjectRecord:
    return SubjectRecord(subject="ada", epoch=1, disabled=disabled, bindings=held)


def allows(held: Holdings, permission: str, namespace: str) -> bool:
    return any(covers(prefix, namespace) for prefix in held.get(permission, ()))


@given(prefixes, prefixes, names)
def test_two_lists_of_prefixes_meet_in_exactly_what_lies_under_both(
    one: tuple[str, ...], other: tuple[str, ...], namespace: str
) -> None:
    def lies_under(held: tuple[str, ...]) -> bool:
        return "" in held or Visible(prefixes=held).allows(namespace)

    both = narrowed(one, other)
    assert lies_under(both) == (lies_under(one) and lies_under(other))
    assert narrowed(other, one) == both
    assert narrowed(both, one) == both
    assert not any(covers(a, b) for a in both for b in both if a != b)


@settings(max_examples=300)
@given(lines(), bindings, names)
def test_a_key_gives_exactly_what_its_owner_holds_and_every_key_in_its_line_was_given(
    line: list[ApiKeyRecord], held: tuple[Binding, ...], namespace: str
) -> None:
    dead = any(link.revoked or (link.expires_at is not None and link.expires_at <= NOW) for link in line)
    if dead:
        with pytest.raises(KeyRefused):
            of(line, ada(*held))
        return
    found = of(line, ada(*held))
    limits = [prefixes_by_permission(held), *map(given_to, line)]
    for permission in NAMES:
        expected = all(allows(limit, permission, namespace) for limit in limits)
        assert allows(found, permission, namespace) == expected, permission
    assert all(missing(found, limit) is None for limit in limits)
    assert not SERVICE_ONLY & found.keys()
    assert all("" in link.prefixes for link in line) or not (UNSCOPED & found.keys())
    assert all(found.values())


@given(lines())
def test_a_key_ends_no_later_than_any_key_in_its_line(line: list[ApiKeyRecord]) -> None:
    line = [msgspec.structs.replace(link, revoked=False) for link in line]
    latest = [link.expires_at for link in line if link.expires_at is not None]
    if latest and min(latest) <= NOW:
        return
    keys = {link.id: link for link in line}
    until = key_holdings(line[0], key_of=keys.get, subject_of=lambda _: ada(), now=NOW).until
    assert until == min(latest, default=None)


def test_the_installation_holds_everything_but_what_services_and_persons_alone_do() -> None:
    whole = key("k", owner=INSTALLATION, permissions=tuple(NAMES))
    assert of([whole]) == EVERYTHING
    assert NAMES - EVERYTHING.keys() == {"internal:read", "account:use"}


@pytest.mark.parametrize("owner", ["", "cli", "user:", "service:other", "key:k", "ada"])
def test_a_key_of_nobody_known_gives_nothing(owner: str) -> None:
    with pytest.raises(KeyRefused):
        of([key("k", owner=owner, permissions=("ingest:write",))], ada(Binding("owner")))


def test_a_key_of_a_disabled_owner_gives_nothing() -> None:
    with pytest.raises(KeyRefused, match="disabled"):
        of([key("k", permissions=("ingest:write",))], ada(Binding("owner"), disabled=True))


def test_what_is_not_known_yet_is_told_apart_from_what_is_refused() -> None:
    with pytest.raises(OwnerUnknown):
        of([key("k")], None)
    with pytest.raises(OwnerUnknown):
        of([key("k", parent="nobody")], ada())


def test_a_line_of_keys_ends_and_has_one_owner() -> None:
    own_parent = key("k", parent="k")
    with pytest.raises(KeyRefused):
        of([own_parent], ada())
    stranger = key("k1", owner=INSTALLATION, permissions=("ingest:write",))
    with pytest.raises(KeyRefused):
        of([key("k", permissions=("ingest:write",), parent="k1"), stranger], ada(Binding("owner")))
    longest = [key(f"k{n}", parent=f"k{n + 1}" if n + 1 < DEEPEST else None) for n in range(DEEPEST)]
    assert of(longest, ada()) == {}
    with pytest.raises(KeyRefused):
        of([key("new", parent="k0"), *longest], ada())


def test_what_knows_no_namespace_is_never_held_by_a_key_of_some() -> None:
    scoped = key("k", permissions=("user:manage", "ingest:write"), prefixes=("team/",))
    assert of([scoped], ada(Binding("owner"))) == {"ingest:write": ("team/",)}


def test_annotation_has_prefixes_of_its_own() -> None:
    loader = key("k", permissions=("ingest:write",), prefixes=("team/",), annotate=("s3://lake", "s3://lake/team"))
    steward = ada(Binding("steward", "team/"), Binding("steward", "s3://"))
    assert of([loader], steward) == {"ingest:write": ("team/",), ANNOTATE: ("s3://lake",)}
    assert ANNOTATE not in of([loader], ada(Binding("engineer")))


def test_the_first_thing_that_is_missing_is_named() -> None:
    held = {"a": ("x/", "y"), "b": ("",)}
    assert missing({"a": ("x/1",), "b": ("anything",)}, held) is None
    assert missing({"b": ("",), "a": ("x/1", "z")}, held) == ("a", "z")
    assert missing({"a": ("",)}, held) == ("a", "")
    assert missing({"c": ("x/",)}, held) == ("c", "x/")
    assert common({"a": ("",)}, {"b": ("",)}) == {}
