"""The open store of accounts: its database, its pepper, its hasher, its clock."""

import hashlib
import hmac
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import sqlalchemy as sa

from headwater.auth import uses
from headwater.auth.changes import changes
from headwater.auth.counting import number
from headwater.auth.database import check, connect, migrate, transaction
from headwater.auth.hashing import Hasher
from headwater.auth.pepper import checked
from headwater.auth.signing import SigningKey, ensure_key
from headwater.auth.uses import KeyUses
from headwater.contracts.identity import IdentityChanges
from headwater.contracts.times import utc_now
from headwater.runtime.identity.feed import EMPTY, LOCAL_SECONDS, LocalIdentityFeed, merged
from headwater.runtime.settings import Secret
from headwater.runtime.storage.database import CommitWatch


class Store:
    """The state shared by the functions of this package. Several processes may have the same database open.

    clock: microseconds UTC; None asks the database, so that several machines agree (PostgreSQL).
    """

    def __init__(
        self, engine: sa.Engine, *, pepper: Secret, hasher: Hasher, clock: Callable[[], int] | None = None
    ) -> None:
        self.engine = engine
        self.pepper = pepper
        self.hasher = hasher
        self._clock = clock
        self._lock = threading.Lock()
        self._snapshot = EMPTY
        self._signing_key: SigningKey | None = None
        self.uses = KeyUses(self.note_uses)
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._commits = CommitWatch(file) if file else None

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """One transaction that only reads. Raises Problem 503 when the database is unavailable."""
        return transaction(self.engine, writes=False)

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """One transaction that writes. Raises Problem 503 when the database is unavailable."""
        return transaction(self.engine, writes=True)

    def now(self, connection: sa.Connection) -> int:
        """The current time, from the injected clock or from the database."""
        if self._clock is not None:
            return self._clock()
        if connection.dialect.name == "postgresql":
            asked = sa.text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
            return int(connection.execute(asked).scalar_one())
        return utc_now()

    def signing_key(self) -> SigningKey:
        """The key that signs access tokens; created at the first call on a new database."""
        with self._lock:
            if self._signing_key is None:
                with self.writing() as connection:
                    self._signing_key = ensure_key(connection, pepper=self.pepper, now=self.now(connection))
            return self._signing_key

    def changes(self, since: int) -> IdentityChanges:
        """The changes after `since`: the response of the identity feed."""
        with self.reading() as connection:
            return changes(connection, since, pepper_id=self.pepper_id())

    def identity_feed(self, *, interval: float = LOCAL_SECONDS) -> LocalIdentityFeed:
        """The feed of a program that has this store open; on SQLite every change takes effect at once."""
        return LocalIdentityFeed(
            self.identity_snapshot, committed=self._commits, used=self.uses.used, interval=interval
        )

    def identity_snapshot(self) -> IdentityChanges:
        """All keys and subjects: for a LocalIdentityFeed. The same object as long as nothing has changed."""
        with self.reading() as connection:
            if self._snapshot.pepper_id and number(connection, "identity") == self._snapshot.cursor:
                return self._snapshot
            changed = changes(connection, self._snapshot.cursor, pepper_id=self.pepper_id())
        self._snapshot = merged(self._snapshot, changed)
        return self._snapshot

    def note_uses(self, used: Mapping[str, int]) -> None:
        """Record when keys were used, by their ids."""
        with self.writing() as connection:
            uses.note(connection, used, now=self.now(connection))

    def pepper_id(self) -> str:
        """Identifies a pepper without revealing it."""
        return self.keyed("pepper id", "")[:16]

    def keyed(self, purpose: str, text: str) -> str:
        """HMAC of a text: equal for equal texts, and not guessable without the pepper."""
        return hmac.new(self.pepper.reveal().encode(), f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def check(self) -> None:
        """Raises when the database does not answer, or is damaged."""
        check(self.engine)

    def close(self) -> None:
        self.uses.close()
        if self._commits is not None:
            self._commits.close()
        self.engine.dispose()


def open_store(
    database_url: str,
    *,
    pepper: Secret,
    hasher: Hasher | None = None,
    clock: Callable[[], int] | None = None,
) -> Store:
    """Migrate the database and open it. Raises SettingsError when the pepper is too short."""
    checked(pepper)
    migrate(database_url)
    return Store(connect(database_url), pepper=pepper, hasher=hasher or Hasher(), clock=clock)
