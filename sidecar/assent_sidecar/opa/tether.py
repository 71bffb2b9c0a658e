"""Starts the engine so that it dies with whoever started it.

``python -I -S tether.py PARENT MEMORY NICENESS PROGRAM ARGUMENT...``

A function between fork and exec would do the same, but is not safe beside threads (and gRPC has many), so this
program is what is started; it ties itself to its parent, limits its memory, steps back behind others where it is told
to, and then becomes the engine.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h; survives exec


def main() -> None:
    """Tie the process to its parent and limit it where the kernel can do so, then become the program."""
    parent, memory, niceness, program, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):  # it died before the line above
            sys.exit(1)
        if int(memory):
            # Not the address space, of which Go reserves far more than it ever uses.
            resource.setrlimit(resource.RLIMIT_DATA, (int(memory), int(memory)))
    os.nice(int(niceness))  # before there are threads, each of which would have its own
    os.execv(program, [program, *arguments])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
