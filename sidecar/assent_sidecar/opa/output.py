"""The last lines an engine wrote, kept for diagnosis: bounded, and without any input document."""

import asyncio
from collections import deque

_KEPT_LINES = 40
_LONGEST_LINE = 2000
"""Bytes; a longer line is not cut but left out, since nobody knows what its end would have told about it."""

_CARRIES_INPUT = (b"decision_logs", b"decision_id", b'"input"', b"Decision Log", b"Received request")
"""Marks of lines that may hold input: OPA's decision log (console) and its request log."""


class Output:
    """What a process wrote to its pipe."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that were kept, oldest first."""
        return tuple(self._lines)

    async def drain(self, pipe: asyncio.StreamReader) -> None:
        """Read until the end. The pipe is emptied whatever is written: a full one would stop the engine."""
        rest = b""
        overlong = False
        while chunk := await pipe.read(65536):
            *complete, rest = (rest + chunk).split(b"\n")
            for line in complete:
                if overlong:
                    overlong = False
                else:
                    self._keep(line)
            if len(rest) > _LONGEST_LINE:
                rest, overlong = b"", True
        if rest and not overlong:
            self._keep(rest)

    def _keep(self, line: bytes) -> None:
        if len(line) <= _LONGEST_LINE and not any(mark in line for mark in _CARRIES_INPUT):
            self._lines.append(line.decode(errors="replace").rstrip())
