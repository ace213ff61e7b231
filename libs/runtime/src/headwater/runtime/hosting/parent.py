"""Ends a child process when its parent dies, for whatever reason."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Called in a child: exit when `parent` does, at once when it is gone already.

    Linux only; a no-op elsewhere. The kernel watches the thread of the parent that started the child, so that thread
    must live as long as the parent: start children on the main thread.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
