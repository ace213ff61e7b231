"""What the installed `headwater` starts. Until everything is imported Ctrl-C simply ends it, without a traceback."""

# ruff: noqa: E402
import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)

from headwater.embedded.__main__ import main as command


def main() -> None:
    """The command line; from here on Ctrl-C unwinds it, so that what was begun is given back."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command()
