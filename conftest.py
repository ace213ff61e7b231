"""For every test of the workspace: the servers' fixtures, and no sockets for unit tests."""

from pathlib import Path

import pytest
import pytest_socket

pytest_plugins = ["tests.servers"]

_ROOT = Path(__file__).parent
_UNIT_ROOTS = ("libs", "services", "deploy", "sdk")
_MAY_CONNECT = ("servers", "embedded", "browser", "loopback")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A unit test that opens a socket fails; Unix sockets are allowed, event loops need them.

    pytest-socket lifts the ban at the end of each test.
    """
    if _is_unit_test(item):
        pytest_socket.disable_socket(allow_unix_socket=True)


def _is_unit_test(item: pytest.Item) -> bool:
    try:
        first = item.path.relative_to(_ROOT).parts[0]
    except ValueError:
        return False
    return first in _UNIT_ROOTS and not any(item.get_closest_marker(name) for name in _MAY_CONNECT)
