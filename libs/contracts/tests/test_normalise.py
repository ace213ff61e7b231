"""The one normalisation of lineage."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contracts import json_text
from headwater.contracts.field_checks import NAME_LIMIT
from headwater.contracts.normalise import Normalised, normalise_lineage
from headwater.contracts.refusals import Invalid, NotJson
from headwater.contracts.times import parse_instant

NOW = parse_instant("2026-03-01T12:00:00Z")
any_text = st.text(st.characters(exclude_categories=[]), max_size=12)
clean_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
facets = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


def normalise(body: bytes) -> Normalised[Any]:
    return normalise_lineage(body, received_at=NOW)


def event(value: object, **job: object) -> dict[str, Any]:
    subject = {"namespace": "n", "name": "j", "facets": {"x": value}} | job
    return {"eventTime": "2026-03-01T11:00:00Z", "job": subject, "unknown": value}


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_raise_anything_but_invalid(body: bytes) -> None:
    with contextlib.suppress(Invalid):
        normalise(body)


@given(st.binary(max_size=40))
def test_no_bytes_inside_an_event_raise_anything_but_invalid(middle: bytes) -> None:
    body = b'{"eventTime":"2026-03-01T11:00:00Z","job":{"namespace":"n","name":"j","facets":{"x":%s}}}' % middle
    try:
        normalised = normalise(body)
    except Invalid:
        return
    json.loads(normalised.value)
    assert normalise(normalised.value).value == normalised.value


@settings(max_examples=300)
@given(facets, st.booleans(), st.sampled_from([None, 1]))
def test_whatever_python_writes_becomes_json_and_a_second_time_nothing_changes(
    value: object, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(event(value), ensure_ascii=ascii_only, indent=indent)
    try:
        first = normalise(text.encode(errors="surrogatepass"))
    except NotJson:
        assert not ascii_only  # a lone surrogate that is not escaped is not UTF-8
        return
    second = normalise(first.value)
    assert (second.value, second.event_id, second.mended) == (first.value, first.event_id, ())
    assert json.loads(first.value) == cleaned(json.loads(text))


def cleaned(value: Any) -> Any:
    """The rules, applied to parsed JSON instead of its text."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, str):
        return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {cleaned(key): cleaned(item) for key, item in value.items()}
    return value


@given(
    st.dictionaries(clean_text, st.integers(-(2**53), 2**53) | clean_text), st.booleans(), st.sampled_from([None, 2])
)
def test_a_clean_event_stays_the_very_bytes_that_were_sent(
    value: dict[str, object], ascii_only: bool, indent: int | None
) -> None:
    body = json.dumps(event(value), ensure_ascii=ascii_only, indent=indent).encode()
    normalised = normalise(body)
    assert normalised.value is body
    assert normalised.mended == ()


@given(any_text)
def test_a_name_is_kept_exactly_or_refused(name: str) -> None:
    storable = bool(name.strip()) and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in name)
    body = json.dumps(event(float("nan"), name=name)).encode()
    if storable:
        assert normalise(body).event.job.name == name
    else:
        with pytest.raises(Invalid, match=r"job\.name"):
            normalise(body)


def test_a_name_with_the_replacement_character_is_a_name_beside_dirty_facets() -> None:
    assert normalise(json.dumps(event("\0", name="caf\ufffd \ufdd0")).encode()).event.job.name == "caf\ufffd \ufdd0"


def test_notes_state_what_was_corrected_and_how_often() -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"a": 1, **event(["\0\ud800", float("inf")])}).encode()
    assert normalise(body).mended == (
        "a byte order mark was removed",
        "NaN or Infinity became null, 2 times",
        "NUL or lone surrogates became U+FFFD, 4 times",
    )


def test_all_errors_are_reported_at_once() -> None:
    body = json.dumps({"eventTime": "never", "run": {"runId": ""}, "inputs": [{"namespace": "", "name": ""}]}).encode()
    with pytest.raises(Invalid) as refusal:
        normalise(body)
    fields = [error.field for error in refusal.value.errors]
    assert fields == ["eventTime", "run.runId", "job", "inputs[0].namespace", "inputs[0].name"]


def test_names_may_have_4096_bytes_and_no_more() -> None:
    for letter in ("x", "é", "\U0001f600"):
        longest = letter * (NAME_LIMIT // len(letter.encode()))
        assert normalise(json.dumps(event(1, name=longest)).encode()).event.job.name == longest
        with pytest.raises(Invalid, match="4096 bytes"):
            normalise(json.dumps(event(1, name=longest + letter)).encode())


def test_depth_is_bounded_exactly_and_brackets_in_text_do_not_count() -> None:
    assert normalise(json.dumps(event("[{" * 10_000)).encode())
    deep = json_text.DEEPEST - 3
    for brackets in (b"[]", b"{}"):
        opening = brackets[:1] if brackets == b"[]" else b'{"a":'
        inner = opening * deep + b"1" + brackets[1:] * deep
        body = b'{"eventTime":"2026-03-01T11:00:00Z","job":{"namespace":"n","name":"j","facets":{"x":%s}}}'
        assert normalise(body % inner)
        with pytest.raises(Invalid, match="nested"):
            normalise(body % (opening + inner + brackets[1:]))


PLACES: dict[str, tuple[dict[str, Any], int]] = {
    "a facet that is read": ({"inputs": [{"facets": {"schema": ...}}]}, 4),
    "a facet that is not read": ({"outputs": [{"facets": {"custom": ...}}]}, 4),
    "a facet of an input": ({"inputs": [{"inputFacets": {"dataQualityMetrics": ...}}]}, 4),
    "a facet of an output": ({"outputs": [{"outputFacets": {"outputStatistics": ...}}]}, 4),
    "a facet of the run": ({"run": {"runId": "r", "facets": {"parent": ...}}}, 3),
    "an unknown field": ({"unknown": ...}, 1),
}


@pytest.mark.parametrize("place", list(PLACES))
def test_depth_is_bounded_exactly_at_every_place_and_every_time(place: str) -> None:
    given, around = PLACES[place]
    head = {"eventTime": "2026-03-01T11:00:00Z", "job": {"namespace": "n", "name": "j"}}
    shape = json.dumps(head | given, default=lambda hole: "HERE").replace("[{", '[{"namespace":"n","name":"t",')
    for levels in (json_text.DEEPEST - around, json_text.DEEPEST - around + 1) * 2:
        inner = '{"a":' * levels + "1" + "}" * levels
        body = shape.replace('"HERE"', inner).encode()
        if levels + around <= json_text.DEEPEST:
            assert normalise(body)
        else:
            with pytest.raises(Invalid, match="nested"):
                normalise(body)


def test_a_value_that_its_key_hides_by_coming_again_is_bounded_too() -> None:
    body = b'{"eventTime":"2026-03-01T11:00:00Z","job":{"namespace":"n","name":"j","facets":{"x":%s,"x":{}}}}'
    deepest = json_text.DEEPEST - 3
    assert normalise(body % (b"[" * deepest + b"]" * deepest))
    with pytest.raises(Invalid, match="nested"):
        normalise(body % (b"[" * (deepest + 1) + b"]" * (deepest + 1)))


@pytest.mark.parametrize(
    "body", [b'"' * 50_001, b'"\\"' * 50_000, b'{"a":' * 100_000, b"[[[[" * 100_000, b"-I" * 99_999]
)
def test_text_made_to_be_slow_is_refused_as_any_other(body: bytes) -> None:
    with pytest.raises(Invalid):
        normalise(body)


@given(st.lists(facets, max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_the_elements_of_an_array_are_found_as_they_were_sent(
    values: list[object], dirty: bool, indent: int | None
) -> None:
    array = json.dumps([*values, float("nan")] if dirty else values, indent=indent).encode()
    found = [json.loads(element) for element in json_text.elements(array)]
    assert repr(found) == repr(json.loads(array))


@given(st.binary(max_size=60).map(lambda inside: b"[" + inside + b"]"))
def test_no_array_of_bytes_raises_anything_but_invalid(body: bytes) -> None:
    with contextlib.suppress(Invalid):
        json_text.elements(body)


def test_facets_stay_raw() -> None:
    assert isinstance(normalise(json.dumps(event({"a": [1]})).encode()).event.job.facets["x"], msgspec.Raw)
