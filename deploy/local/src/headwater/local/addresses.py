"""Where a set of servers listens, and how that is passed between processes."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Addresses:
    """One running set. A server that was not asked for has an empty address.

    postgres_url: understood by SQLAlchemy and by libpq alike.
    directory: where the set keeps its files; whoever has it can kill and restart its servers.
    """

    kafka_bootstrap: str = ""
    neo4j_uri: str = ""
    neo4j_user: str = ""
    neo4j_password: str = ""
    postgres_url: str = ""
    directory: str = ""

    def environment(self) -> dict[str, str]:
        """The settings of the services that point at this set."""
        named = {
            "HEADWATER_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "HEADWATER_NEO4J_URI": self.neo4j_uri,
            "HEADWATER_NEO4J_USER": self.neo4j_user,
            "HEADWATER_NEO4J_PASSWORD": self.neo4j_password,
            "HEADWATER_DATABASE_URL": self.postgres_url,
        }
        return {name: value for name, value in named.items() if value}

    def save(self, file: Path) -> None:
        """Write as JSON, readable by the owner alone: it holds passwords."""
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, file: Path) -> "Addresses":
        stored = json.loads(file.read_text())
        return cls(**{f.name: str(stored.get(f.name, "")) for f in fields(cls)})
