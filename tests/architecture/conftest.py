"""One copy of the sources for all tests that break something; each test starts with it unchanged."""

from collections.abc import Iterator

import pytest

from tests.architecture.scratch import Scratch, scratch


@pytest.fixture(scope="session")
def shared_copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    with scratch(tmp_path_factory.mktemp("copy")) as made:
        yield made


@pytest.fixture
def sources(shared_copy: Scratch) -> Scratch:
    shared_copy.restore()
    return shared_copy
