"""What recalling costs: one value, 20 with the same labels, and 20 of which each has labels of its own.

The policies are asked once before anything is looked for, and once more for each set of labels that is found: twice,
twice, and 21 times. Beside them is what asks once: a list of what is remembered.
"""

import asyncio
import cProfile
import pstats
import sys
from collections.abc import Awaitable, Callable

from assent_orchestrator.app.assembly import App
from assent_orchestrator.memory.recalling import Recalling
from assent_orchestrator.memory.wish import Wish
from assent_sidecar.facts import Labels
from bench.measure import interleaved, table
from bench.stage import CALLER, Instant, stage

MANY = 20
PURPOSE = "What is measured"


async def remember(app: App, subject: str, count: int, *, alike: bool) -> None:
    """Have so many values remembered of a subject, with labels that are ``alike``, or each with its own."""
    for number in range(count):
        labels: Labels = {"/text": ("same" if alike else f"label{number:02}",)}
        value = {"text": f"note {number}"}
        wish = Wish("remember", memory_class="notes", purpose=PURPOSE, subject=subject, value=value, labels=labels)
        answer, made = await app.keeper.remember(CALLER, wish)
        assert made is not None, answer


def recall(app: App, subject: str, count: int) -> Callable[[], Awaitable[None]]:
    """Return what recalls so many values of a subject."""

    async def call() -> None:
        wish = Wish("recall", memory_class="notes", purpose=PURPOSE, subject=subject)
        answer, found = await Recalling(app.keeper).recall(CALLER, wish)
        assert len(found.values) == count, answer

    return call


async def main() -> None:
    """Measure ``COUNT`` times, the first argument; ``--profile`` profiles the last of them instead."""
    given = [one for one in sys.argv[1:] if one != "--profile"]
    count = int(given[0]) if given else 50
    async with stage(1, tools=Instant) as app:
        for subject, many, alike in (("one", 1, True), ("alike", MANY, True), ("apart", MANY, False)):
            await remember(app, subject, many, alike=alike)
        apart = recall(app, "apart", MANY)
        if "--profile" in sys.argv:
            await profiled(apart, count)
            return

        async def listed() -> None:
            await app.keeper.list(CALLER, Wish("list", memory_class="notes", subject="one"))

        series = await interleaved(
            count,
            max(count // 10, 2),
            list_one_question=listed,
            recall_of_1_two_questions=recall(app, "one", 1),
            recall_of_20_two_questions=recall(app, "alike", MANY),
            recall_of_20_21_questions=apart,
        )
    print(f"recalling, {count} times each\n{table(series)}")


async def profiled(call: Callable[[], Awaitable[None]], count: int) -> None:
    """Print where the time of this process goes."""
    await call()
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(count):
        await call()
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    asyncio.run(main())
