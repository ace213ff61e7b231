"""Write what is derived from the contracts: `python -m headwater.contracts.generate [--check]`.

A tool of the source tree, not of the installed package: it reads `topics/*.yaml` and writes beside them.
`--check` writes nothing and fails when a file on disk differs from what would be written.
"""

import sys
from pathlib import Path

import msgspec
import yaml

from headwater.contracts import messages
from headwater.contracts.topics import Topic

ROOT = Path(__file__).parents[3]
"""`libs/contracts` in the source tree."""


def topic_list(root: Path) -> tuple[Topic, ...]:
    """The topics of `topics/*.yaml`, by name."""
    texts = [path.read_text() for path in sorted((root / "topics").glob("*.yaml"))]
    return tuple(msgspec.convert(yaml.safe_load(text), Topic) for text in texts)


def generated(root: Path) -> dict[Path, bytes]:
    """Every generated file with its content."""
    package = root / "src/headwater/contracts"
    listed = topic_list(root)
    schemas = {root / "schemas" / f"{topic.name}.json": _json(messages.schema(topic)) for topic in listed}
    document = yaml.safe_dump(messages.asyncapi(listed), sort_keys=False, allow_unicode=True, width=120)
    return {
        package / "topics.json": _json(listed),
        root / "asyncapi.yaml": f"# Written by headwater.contracts.generate.\n{document}".encode(),
        **schemas,
    }


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"


def differences(root: Path) -> list[str]:
    """Generated files that are missing or differ, relative to `root`."""
    files = generated(root)
    return [str(p.relative_to(root)) for p, content in files.items() if not p.exists() or p.read_bytes() != content]


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        stale = differences(ROOT)
        for name in stale:
            print(f"{name} differs from the contracts: run python -m headwater.contracts.generate", file=sys.stderr)
        return 1 if stale else 0
    if arguments:
        print("usage: python -m headwater.contracts.generate [--check]", file=sys.stderr)
        return 2
    for path, content in generated(ROOT).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
