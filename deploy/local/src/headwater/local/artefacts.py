"""Jars by lock: every file is named, versioned and checked against its SHA-256 before a JVM may see it."""

import fcntl
import hashlib
import logging
import os
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jgo.maven import MavenContext

from headwater.local.errors import FetchError

LOCK_FILE = Path(__file__).with_name("jars.lock.toml")
_DOWNLOADS = 8
_log = logging.getLogger(__name__)


def cache_directory() -> Path:
    """`HEADWATER_CACHE_DIR`, else `.cache` of the checkout this file lies in, else the user's cache."""
    chosen = os.environ.get("HEADWATER_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute() / "servers"
    checkout = Path(__file__).resolve().parents[5]
    if (checkout / "Makefile").exists():
        return checkout / ".cache" / "servers"
    return Path.home() / ".cache" / "headwater" / "servers"


def locked(server: str) -> dict[str, str]:
    """Coordinate (group:artifact:version[:classifier]) to SHA-256, as checked in."""
    jars: dict[str, str] = tomllib.loads(LOCK_FILE.read_text())[server]
    return jars


def class_path(server: str) -> list[Path]:
    """The jars of one server, fetched when absent and verified.

    Safe to call from several processes at once. Raises FetchError.
    """
    jars = locked(server)
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    stamp = cache / f"{server}-{hashlib.sha256(repr(jars).encode()).hexdigest()[:16]}.verified"
    context = MavenContext(repo_cache=cache / "maven", timeout=60)
    with _only_one_process(cache / "fetch.lock"):
        paths = [_path(context, coordinate) for coordinate in jars]
        if stamp.exists() and all(path.exists() for path in paths):
            return paths
        _log.info("fetching %d jars for %s", len(jars), server)
        with ThreadPoolExecutor(_DOWNLOADS) as pool:
            paths = list(pool.map(lambda item: _fetch(context, *item), jars.items()))
        stamp.touch()
    return paths


def artifact_of(context: MavenContext, coordinate: str) -> Any:
    """The file that a coordinate names, in jgo's terms."""
    group, name, version, *classifier = coordinate.split(":")
    return context.project(group, name).at_version(version).artifact(*classifier)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _path(context: MavenContext, coordinate: str) -> Path:
    return Path(artifact_of(context, coordinate).cached_path)


def _fetch(context: MavenContext, coordinate: str, expected: str) -> Path:
    """One jar. A file cut short by an earlier interruption is fetched anew once."""
    path = _path(context, coordinate)
    if path.exists() and sha256(path) != expected:
        path.unlink()
    if not path.exists():
        try:
            artifact_of(context, coordinate).resolve()
        except Exception as error:
            path.unlink(missing_ok=True)
            raise FetchError(f"cannot fetch {coordinate} from the Maven registry: {error}") from error
    found = sha256(path)
    if found != expected:
        path.unlink()
        raise FetchError(f"{coordinate} has SHA-256 {found}, the lock says {expected}: it was removed from the cache")
    return path


@contextmanager
def _only_one_process(file: Path) -> Iterator[None]:
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
