"""`python -m headwater.local.distributed`: real servers, every service a process, one origin; until Ctrl-C."""

import signal

if __name__ == "__main__":  # until it can stop in order, Ctrl-C simply ends it, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import os
import shutil
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from headwater.local.distributed.layout import Layout
from headwater.local.distributed.product import Product
from headwater.local.errors import LocalError
from headwater.local.ports import free_port
from headwater.local.servers import sweep, temporary_directory

_WATCH_SECONDS = 0.2


class _Stopped(BaseException):
    """SIGTERM or SIGINT arrived: unwind."""


class _Signals:
    """Raises _Stopped where the program is; what is raised in a finaliser or a callback is lost, so it is kept too."""

    def __init__(self) -> None:
        self._stopped = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def check(self) -> None:
        """Raises _Stopped once a signal has arrived."""
        if self._stopped:
            raise _Stopped

    def _stop(self, *_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        self._stopped = True
        raise _Stopped


def main(argv: list[str] | None = None) -> int:
    """Prints the address last; exit code 0 after a signal, 1 when something cannot be started."""
    options = _parser().parse_args(argv)
    signals = _Signals()
    try:
        with ExitStack() as stack:
            stack.callback(_say, "stopped")
            layout = _layout(options.data_dir, stack)
            product = Product(layout, options.port or free_port(), keep=options.data_dir is not None, say=_say)
            product.start(stack)
            signals.check()
            _announce(product)
            if options.sample:
                product.tell_sample(stack)
            print(f"ready: {product.origin}", flush=True)
            while True:
                signals.check()
                product.watch_once()
                threading.Event().wait(_WATCH_SECONDS)
    except _Stopped:
        return 0
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m headwater.local.distributed", description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="directory of all data; default: temporary, removed at the end")
    parser.add_argument("--port", type=int, help="of the one origin; default: a free one")
    parser.add_argument("--sample", action=argparse.BooleanOptionalAction, default=False, help="add the sample data")
    return parser


def _layout(directory: Path | None, stack: ExitStack) -> Layout:
    if directory is not None:
        return Layout(directory.absolute())
    sweep()
    temporary = temporary_directory(os.getpid())
    stack.callback(shutil.rmtree, temporary, ignore_errors=True)
    return Layout(temporary)


def _announce(product: Product) -> None:
    layout = product.layout
    print(f"data directory  {layout.root}")
    print(f"address         {product.origin}")
    print(f"producer key    {layout.producer_key}")
    if product.first_start:
        print(f"administrator   admin   password  {layout.secret('admin_password')}   (shown this once)")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
