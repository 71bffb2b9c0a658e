"""What a forecast costs: SimulatePlan of 1 to 1,000 steps, each one question; and of finding what makes one fail."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from assent_orchestrator.plan.model import Plan
from bench.measure import interleaved, table
from bench.stage import CALLER, stage


async def main() -> None:
    """Measure ``COUNT`` times, the first argument."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    async with stage(1, 8, 200, 1000) as app:

        def simulate(length: int) -> Callable[[], Awaitable[None]]:
            async def call() -> None:
                forecast = await app.simulations.simulate(CALLER, Plan(process=f"steps-{length}"))
                assert len(forecast.decided.decision.steps) == length

            return call

        async def find() -> None:
            plan = Plan(process="steps-1000", inputs={"failing": True})
            forecast = await app.simulations.simulate(CALLER, plan)
            assert forecast.failure is not None
            ended.append([str(one.search) for one in forecast.failure.culprits])

        ended: list[list[str]] = []
        series = await interleaved(
            count,
            5,
            forecast_of_1_step=simulate(1),
            forecast_of_8_steps=simulate(8),
            forecast_of_200_steps=simulate(200),
            forecast_of_1000_steps=simulate(1000),
            the_same_with_one_step_that_fails=find,
        )
    print(f"forecasts of a whole plan, one question each, {count} times each\n{table(series)}")
    found = sum(one == ["found"] for one in ended)
    print(f"the step and its argument were found in {found} of {len(ended)} forecasts")


if __name__ == "__main__":
    asyncio.run(main())
