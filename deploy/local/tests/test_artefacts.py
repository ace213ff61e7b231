"""The lock: names, versions and hashes; nothing else gets onto a class path."""

import hashlib
import re
from pathlib import Path

import pytest

from headwater.local import artefacts
from headwater.local.errors import FetchError
from headwater.local.lock import COORDINATES


@pytest.mark.parametrize("server", COORDINATES)
def test_the_lock_holds_the_chosen_versions_by_hash(server: str) -> None:
    jars = artefacts.locked(server)
    assert set(COORDINATES[server]) <= set(jars)
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in jars.values())


def test_kafka_brings_its_own_client_of_the_same_version() -> None:
    assert "org.apache.kafka:kafka-clients:4.4.0" in artefacts.locked("kafka")


def test_the_lock_names_no_address() -> None:
    assert "://" not in artefacts.LOCK_FILE.read_text()


class Registry:
    """In place of the Maven registry: serves one jar with the given bytes."""

    def __init__(self, cache: Path, content: bytes) -> None:
        self.cached_path = cache / "thing-1.jar"
        self.content = content
        self.asked = 0

    def resolve(self) -> Path:
        self.asked += 1
        self.cached_path.write_bytes(self.content)
        return self.cached_path


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    registry = Registry(tmp_path / "servers", b"jar")
    digest = hashlib.sha256(b"jar").hexdigest()
    monkeypatch.setenv("HEADWATER_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(artefacts, "artifact_of", lambda _context, _coordinate: registry)
    monkeypatch.setattr(artefacts, "locked", lambda _server: {"org.example:thing:1": digest})
    return registry


def test_a_jar_is_fetched_once(registry: Registry) -> None:
    assert artefacts.class_path("thing") == [registry.cached_path]
    assert artefacts.class_path("thing") == [registry.cached_path]
    assert registry.asked == 1


def test_a_jar_cut_short_is_fetched_again(registry: Registry) -> None:
    registry.cached_path.parent.mkdir()
    registry.cached_path.write_bytes(b"ja")
    assert artefacts.class_path("thing")[0].read_bytes() == b"jar"


def test_a_jar_with_another_hash_is_refused_and_removed(registry: Registry) -> None:
    registry.content = b"evil"
    with pytest.raises(FetchError, match="the lock says"):
        artefacts.class_path("thing")
    assert not registry.cached_path.exists()
