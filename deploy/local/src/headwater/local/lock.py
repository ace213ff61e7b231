"""Make `jars.lock.toml`: resolve each coordinate by itself and record what was found.

Composed into one resolution, the dependency management of log4j drags kafka-clients down to 3.9 and the broker
dies at start; so each coordinate is resolved alone and the first that names a jar decides its version.
"""

from pathlib import Path

from jgo.maven import MavenContext

from headwater.local.artefacts import LOCK_FILE, artifact_of, cache_directory, sha256

COORDINATES = {
    "kafka": ("org.apache.kafka:kafka_2.13:4.4.0", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5"),
    "neo4j": ("org.neo4j:neo4j:5.26.30",),
}
_HEADING = "# Made by `make lock`: group:artifact:version[:classifier] = SHA-256 of the jar.\n"


def resolve(context: MavenContext, coordinates: tuple[str, ...]) -> list[str]:
    """All jars that the coordinates need at run time, in class path order."""
    chosen: dict[tuple[str, str, str], str] = {}
    for coordinate in coordinates:
        inputs, needed = context.resolver.resolve([context.create_dependency(coordinate)])
        for dependency in [*inputs, *needed]:
            artifact = dependency.artifact
            if artifact.packaging == "jar" and dependency.scope in (None, "compile", "runtime"):
                key = (artifact.groupId, artifact.artifactId, artifact.classifier or "")
                chosen.setdefault(key, artifact.version)
    return [":".join(filter(None, (group, name, version, tag))) for (group, name, tag), version in chosen.items()]


def write(file: Path = LOCK_FILE) -> None:
    """Resolve, download and hash everything; replaces the lock."""
    context = MavenContext(repo_cache=cache_directory() / "maven", timeout=60)
    sections = []
    for server, coordinates in COORDINATES.items():
        jars = {jar: sha256(Path(artifact_of(context, jar).resolve())) for jar in resolve(context, coordinates)}
        sections.append("\n".join([f"[{server}]", *(f'"{jar}" = "{digest}"' for jar, digest in jars.items())]))
    file.write_text(_HEADING + "\n" + "\n\n".join(sections) + "\n")
