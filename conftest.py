"""For every test of the workspace: the fixtures of servers, and no sockets for unit tests."""

from pathlib import Path

import hypothesis
import pytest
import pytest_socket

pytest_plugins = ["tests.servers", "tests.emptied_neo4j"]

# A slow example on a busy machine is not a failure.
hypothesis.settings.register_profile("headwater", deadline=None)
hypothesis.settings.load_profile("headwater")

_ROOT = Path(__file__).parent
_UNIT_ROOTS = ("libs", "services", "deploy", "sdk")
_SUITES = ("architecture", "contract", "e2e")
_MAY_CONNECT = ("servers", "embedded", "browser", "loopback", "integration")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in tests/ by its suite, so that one run can select a suite and related tests elsewhere."""
    for item in items:
        first, second, *_ = (*_place(item), "", "")
        if first == "tests":
            item.add_marker(second if second in _SUITES else "integration")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A unit test that opens a socket fails; Unix sockets are allowed, event loops need them.

    pytest-socket lifts the ban at the end of each test.
    """
    if _is_unit_test(item):
        pytest_socket.disable_socket(allow_unix_socket=True)


def _is_unit_test(item: pytest.Item) -> bool:
    first = next(iter(_place(item)), "")
    return first in _UNIT_ROOTS and not any(item.get_closest_marker(name) for name in _MAY_CONNECT)


def _place(item: pytest.Item) -> tuple[str, ...]:
    """The parts of a test's path below the workspace; empty outside of it."""
    return item.path.relative_to(_ROOT).parts if item.path.is_relative_to(_ROOT) else ()
