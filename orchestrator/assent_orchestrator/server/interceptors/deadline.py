"""No call goes on for ever: the caller's deadline, or the server's when the caller names none or too late a one."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

from assent_orchestrator.server.interceptors.around import Around, Call, Proceed
from assent_orchestrator.server.refusal import DeadlineError
from assent_orchestrator.server.time_left import given


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds that calls may take: ``default`` when the caller names no deadline, the others whatever it names."""

    default: float = 30.0
    longest: float = 120.0
    longest_stream: float = 6 * 3600.0


class Deadline(Around):
    """Ends calls that take too long."""

    def __init__(self, limits: TimeLimits) -> None:
        self._limits = limits

    async def around(self, call: Call, proceed: Proceed) -> Any:
        """Serve the call in the time it has."""
        asked: float | None = call.context.time_remaining()
        limit = self._limit(call, asked)
        scope = asyncio.timeout(limit)
        try:
            # What the server adds of its own is a bound for accidents and no wish of the caller's.
            with given(limit) if asked is not None else contextlib.nullcontext():
                async with scope:
                    return await proceed(call.request)
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise DeadlineError(
                "the call took too long; what it began may still be done", limit_seconds=f"{limit:g}"
            ) from error

    def _limit(self, call: Call, asked: float | None) -> float:
        if call.response_streaming:
            return min(asked if asked is not None else self._limits.longest_stream, self._limits.longest_stream)
        return min(asked if asked is not None else self._limits.default, self._limits.longest)
