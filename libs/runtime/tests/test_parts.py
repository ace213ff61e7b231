"""The parts of a service by type."""

import pytest

from headwater.runtime.hosting.parts import MissingPart, Parts


class Engine: ...


class Clock: ...


def test_a_part_is_found_by_its_type() -> None:
    parts, engine = Parts(), Engine()
    assert parts.add(Engine, engine) is engine
    assert parts.get(Engine) is engine
    assert Engine in parts
    assert Clock not in parts


def test_a_missing_part_is_named_with_what_there_is() -> None:
    parts = Parts()
    parts.add(Engine, Engine())
    with pytest.raises(MissingPart, match="Clock is needed and was not added; added were: Engine"):
        parts.get(Clock)


def test_a_type_has_one_part() -> None:
    parts = Parts()
    parts.add(Engine, Engine())
    with pytest.raises(ValueError, match="Engine was added already"):
        parts.add(Engine, Engine())


def test_checks_are_kept_by_the_name_of_the_dependency() -> None:
    parts = Parts()
    parts.add(Engine, Engine(), check=("database", lambda: None))
    parts.add(Clock, Clock())
    assert list(parts.checks) == ["database"]


def test_parts_are_closed_in_reverse_whatever_fails() -> None:
    parts, closed = Parts(), []

    def failing() -> None:
        closed.append("engine")
        raise OSError("gone")

    parts.add(Clock, Clock(), close=lambda: closed.append("clock"))
    parts.add(Engine, Engine(), close=failing)
    with pytest.raises(OSError, match="gone"):
        parts.close()
    assert closed == ["engine", "clock"]
