"""Starts a program that is told to stop when the demo dies: ``python -I -S leash.py PARENT PROGRAM ARGUMENT...``.

A demo that is killed cannot stop what it started. So each of its programs asks the kernel, where the kernel can do so,
for a SIGTERM when its parent is gone: the server then stops its database and its engine as always.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h; survives exec


def main() -> None:
    """Tie the process to its parent, then become the program."""
    parent, program, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # it died before the line above
            sys.exit(1)
    os.execv(program, [program, *arguments])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
