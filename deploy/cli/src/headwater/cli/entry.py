"""Entry point of the installed `headwater`. Until everything is imported Ctrl-C ends it without a traceback."""

# ruff: noqa: E402
import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)

import sys

from headwater.cli.__main__ import main as command

AGAIN_SECONDS = 0.01


def main() -> None:
    """The command line; from here on Ctrl-C unwinds it, so that resources are released."""
    sys.unraisablehook = _raise_again
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command()


def _raise_again(lost: "sys.UnraisableHookArgs") -> None:
    """An exception inside a finaliser is lost, with a traceback; Ctrl-C then takes effect a moment later."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
    else:
        sys.__unraisablehook__(lost)
