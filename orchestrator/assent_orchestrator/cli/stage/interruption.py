"""Ctrl-C and its like, turned into the orderly end of one task."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Which signal ended the task, if one did; further ones are not needed, everything is being stopped already."""

    def __init__(self, task: asyncio.Task[object]) -> None:
        self.number: int | None = None
        self._task = task

    def hear(self, number: int) -> None:
        """Take a signal."""
        if self.number is None:
            self.number = number
            self._task.cancel()

    @property
    def exit_code(self) -> int:
        """What a shell makes of a program that ended by the signal."""
        return 128 + (self.number or 0)


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Let the first SIGINT, SIGTERM or SIGHUP cancel the current task for as long as the block lasts."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("there is no task to interrupt")
    loop = asyncio.get_running_loop()
    interruption = Interruption(task)
    for number in _SIGNALS:
        loop.add_signal_handler(number, interruption.hear, number)
    try:
        yield interruption
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
