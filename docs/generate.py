"""Write the reference tables from the typed lists: `python docs/generate.py [--check]`.

`--check` writes nothing and fails when a page differs from what would be written.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))

from docs import description  # noqa: E402
from docs.routes import routes  # noqa: E402
from headwater.alerting.channels import CHANNELS  # noqa: E402
from headwater.alerting.notify import ATTEMPTS  # noqa: E402
from headwater.bus.topics import DEAD_LETTER_HOURS, HOUR_MS, retention_ms  # noqa: E402
from headwater.contracts import permissions, problems, topics  # noqa: E402
from headwater.embedded import configuration  # noqa: E402
from headwater.runtime import settings  # noqa: E402
from headwater.runtime.telemetry import series as telemetry  # noqa: E402

_NOTE = "% Made by `make generate` from the typed lists; change those.\n\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(_cell(value) for value in line) + " |\n" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def code(value: object) -> str:
    return f"`{value}`" if str(value) else ""


def codes(values: Iterable[object]) -> str:
    return ", ".join(code(value) for value in values)


def _kept(milliseconds: int) -> str:
    hours = milliseconds // HOUR_MS
    if hours < 0:
        return "until there are snapshots"
    return f"{hours // 24} days" if hours >= 48 else f"{hours} h"


def topics_page() -> str:
    rows = [
        (
            code(topic.name),
            topic.purpose,
            topic.key,
            codes(topic.producers),
            codes(topic.consumers),
            topic.partitions,
            _kept(retention_ms(topic.name)),
            topic.scope,
        )
        for topic in topics.TOPICS
    ]
    head = ("topic", "purpose", "key", "from", "to", "partitions", "kept", "scope")
    return (
        "# Topics\n\nEach has a dead-letter topic, `<topic>.dead`, which keeps its records for "
        f"{_kept(DEAD_LETTER_HOURS * HOUR_MS)}. Inbound topics are where producers may write; "
        "internal ones are written by our services alone.\n\n" + table(head, rows)
    )


def settings_page() -> str:
    readers: dict[type[settings.ServiceSettings], list[str]] = {}
    for program, cls in configuration.programs().items():
        readers.setdefault(cls, []).append("headwater up" if program == configuration.UP else program)
    sections = []
    for programs, cls in sorted((programs, cls) for cls, programs in readers.items()):
        rows = [
            (code(s.environ), s.about, "required" if s.required else code("" if s.secret else s.default), _only(s))
            for s in settings.describe(cls)
        ]
        sections.append(f"## {', '.join(programs)}\n\n" + table(("variable", "meaning", "default", "only"), rows))
    others = table(("variable", "meaning"), [(code(name), about) for name, about in configuration.VARIABLES.items()])
    return (
        "# Settings\n\nA file (TOML, key = name in lower case without the prefix) is outranked by the environment, "
        "that by a flag. `HEADWATER_CONFIG_FILE` names the file in both modes, `headwater up --config` embedded; "
        "one file serves all programs, and a key that no program knows ends the start. "
        "Each secret is also read from the file that `…_FILE` names. "
        "Where the last column names a mode, the other one does not use the setting; a flag is that of `headwater up` "
        "which does the same in embedded mode. `headwater config show` prints what is in force.\n\n"
        + "\n".join([*sections, f"## Other variables\n\n{others}"])
    )


def _only(setting: settings.Setting) -> str:
    return f"{setting.mode}; embedded: {code(setting.flag)}" if setting.flag else setting.mode


def channels_page() -> str:
    own = set(settings.names(settings.ServiceSettings))
    rows = [
        (
            channel.name,
            channel.about,
            codes(s.environ for s in settings.describe(channel.settings) if s.name not in own),
        )
        for channel in CHANNELS
    ]
    return (
        "# Channels\n\nAlerting notifies people through channels when an alert fires and when it is resolved. A "
        "channel is used when its settings name a receiver. What one does not take is sent again after growing pauses, "
        f"{ATTEMPTS} times in all; of several states of an alert that wait, only the newest is sent.\n\n"
        + table(("channel", "what it does", "settings"), rows)
    )


def metrics_page() -> str:
    listed = sorted({m for m in vars(telemetry).values() if isinstance(m, telemetry.Metric)}, key=lambda m: m.name)
    rows = [(code(m.name), m.kind.value, m.help, codes(("service", *m.labels))) for m in listed]
    return "# Metrics\n\nServed at `/metrics` of every service, for Prometheus.\n\n" + table(
        ("metric", "kind", "meaning", "labels"), rows
    )


def problems_page() -> str:
    rows = [(code(p.uri), p.value.status, p.value.title, p.value.about) for p in problems.Problems]
    return "# Problems\n\nErrors are `application/problem+json` (RFC 9457).\n\n" + table(
        ("type", "status", "title", "what to do"), rows
    )


def permissions_page() -> str:
    listed = [(code(p.name), p.about, "by namespace" if p.scoped else "everywhere") for p in permissions.PERMISSIONS]
    roles = [(code(r.name), r.about, codes(sorted(r.permissions))) for r in permissions.ROLES]
    return (
        "# Permissions\n\n"
        + table(("permission", "allows to", "granted"), listed)
        + "\n## Roles\n\n"
        + table(("role", "who", "permissions"), roles)
    )


def routes_page() -> str:
    rows = [
        (r.method, code(r.path or "/"), code(r.permission) or f"public: {r.why}", r.program, r.about) for r in routes()
    ]
    return (
        "# Routes\n\n`/docs` of a running product describes each with its fields; `/api/v1/openapi.json` is the same "
        "for programs.\n\n" + table(("method", "path", "permission", "program", "what it does"), rows)
    )


PAGES: dict[str, Callable[[], str]] = {
    "topics": topics_page,
    "settings": settings_page,
    "channels": channels_page,
    "metrics": metrics_page,
    "problems": problems_page,
    "permissions": permissions_page,
    "routes": routes_page,
}


def outdated() -> dict[Path, str]:
    """Files that are missing or differ from what would be written, with that."""
    made = {description.FILE: description.text()} | {_file(name): _NOTE + page() for name, page in PAGES.items()}
    return {file: text for file, text in made.items() if not file.exists() or file.read_text() != text}


def _file(name: str) -> Path:
    return DOCS / "reference" / f"{name}.md"


def main(arguments: Sequence[str]) -> int:
    stale = outdated()
    if description.FILE in stale and "--check" not in arguments:
        description.FILE.write_text(stale[description.FILE])
        # The gateway's routes follow from this file as it was imported: the pages need a new process.
        return subprocess.run([sys.executable, __file__], check=False).returncode
    for file, text in stale.items():
        if "--check" in arguments:
            print(f"{file.relative_to(ROOT)} is out of date: run `make generate`", file=sys.stderr)
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
