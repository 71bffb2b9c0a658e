"""Runs a program that is stopped when whoever started it is gone: ``python -I -S leash.py PROGRAM ARGUMENT...``.

Who is killed cannot stop what it started. So it holds the other end of this process's standard input: when that
ends, or when this process gets a SIGTERM, the program gets one SIGTERM. Exactly one: to a server the second means that
it has no time to stop its database. (Linux can send a signal when a parent dies, but does so for each of its threads.)
The exit code is the program's, 128 more than the signal if one ended it.
"""

import os
import select
import signal
import sys

_STDIN = 0


def main() -> int:
    """Run the program to its end; return its exit code."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    nothing = (os.POSIX_SPAWN_OPEN, _STDIN, os.devnull, os.O_RDONLY, 0)
    program = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[nothing])
    watched = [woken, _STDIN]
    while True:
        ready, _, _ = select.select(watched, [], [])
        signals = os.read(woken, 64) if woken in ready else b""
        ended, status = os.waitpid(program, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if _STDIN in watched and (signal.SIGTERM in signals or (_STDIN in ready and not os.read(_STDIN, 64))):
            watched.remove(_STDIN)
            os.kill(program, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
