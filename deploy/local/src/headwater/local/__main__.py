"""`python -m headwater.local fetch|up|status|down|lock`: real servers by hand."""

import signal

if __name__ == "__main__":  # nothing here must be given back: Ctrl-C simply ends it, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from headwater.local.artefacts import cache_directory, class_path
from headwater.local.errors import LocalError
from headwater.local.servers import NAMES, Servers, sweep


def main(argv: list[str] | None = None) -> int:
    """Exit code 0 when done, 1 when a server cannot be had (or, for `status`, does not run), 2 for wrong usage."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.act(arguments))
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m headwater.local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for act, about in ((_fetch, "fetch and verify artefacts"), (_up, "start servers and leave them running")):
        command = commands.add_parser(act.__name__[1:], help=about)
        command.add_argument(
            "names", nargs="*", type=_server, metavar="SERVER", help=f"of {', '.join(NAMES)}; default all"
        )
        command.set_defaults(act=act)
        _add_directory(command)
    for act, about in ((_status, "what runs, as JSON"), (_down, "stop what runs; clear orphans away")):
        command = commands.add_parser(act.__name__[1:], help=about)
        command.set_defaults(act=act)
        _add_directory(command)
    commands.add_parser("lock", help="resolve again and rewrite jars.lock.toml").set_defaults(act=_lock)
    return parser


def _server(name: str) -> str:
    if name not in NAMES:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(NAMES)}")
    return name


def _add_directory(parser: argparse.ArgumentParser) -> None:
    default = cache_directory() / "up"
    parser.add_argument("--dir", type=Path, default=default, help=f"data and logs; default {default}")


def _fetch(arguments: argparse.Namespace) -> int:
    for name in arguments.names or NAMES:
        if name != "postgres":
            print(f"{name}: {len(class_path(name))} jars in {cache_directory()}")
    return 0


def _up(arguments: argparse.Namespace) -> int:
    addresses = Servers(arguments.dir, tied=False).start(*arguments.names)
    print(json.dumps(asdict(addresses), indent=2))
    return 0


def _status(arguments: argparse.Namespace) -> int:
    servers = Servers(arguments.dir)
    print(json.dumps({s.name: {"running": s.running(), "log": str(s.log)} for s in servers}, indent=2))
    return 0 if any(server.running() for server in servers) else 1


def _down(arguments: argparse.Namespace) -> int:
    Servers(arguments.dir).stop()
    for directory in sweep():
        print(f"removed the orphans in {directory}")
    return 0


def _lock(_: argparse.Namespace) -> int:
    from headwater.local import lock

    lock.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
