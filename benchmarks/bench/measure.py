"""Timing of coroutines, and a table of what came of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """How long each of many calls took, in seconds."""

    name: str
    times: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """Return the time, in seconds, that this share of the calls took at the most."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


async def interleaved(count: int, warm_up: int, **calls: Callable[[], Awaitable[object]]) -> list[Series]:
    """Time every call ``count`` times, taking turns, so that what else the machine does hits all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(count + warm_up):
        for name, call in calls.items():
            start = time.perf_counter()
            await call()
            if turn >= warm_up:
                times[name].append(time.perf_counter() - start)
            await asyncio.sleep(0)
    return [Series(name.replace("_", " "), tuple(taken)) for name, taken in times.items()]


async def at_once(clients: int, count: int, call: Callable[[], Awaitable[object]]) -> tuple[tuple[float, ...], float]:
    """Make ``count`` calls from so many clients at once; return their times and how long all took, in seconds."""
    times: list[float] = []
    left = iter(range(count))

    async def client() -> None:
        for _ in left:
            start = time.perf_counter()
            await call()
            times.append(time.perf_counter() - start)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return tuple(times), time.perf_counter() - began


def table(series: list[Series], *, against: int = 0) -> str:
    """Return p50 and p99 of each series and its ratio to one of them."""
    base = series[against]
    lines = [f"{'what':<44}{'p50 ms':>10}{'p99 ms':>10}{'p50 ratio':>12}"]
    for one in series:
        p50, p99 = one.quantile(0.5) * 1000, one.quantile(0.99) * 1000
        lines.append(f"{one.name:<44}{p50:>10.3f}{p99:>10.3f}{p50 / (base.quantile(0.5) * 1000):>12.2f}")
    return "\n".join(lines)
