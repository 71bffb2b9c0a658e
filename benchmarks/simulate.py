"""What a forecast costs: SimulatePlan of 8 and of 200 steps, each one question to the engine, beside one action's."""

import asyncio
import sys

from bench.measure import interleaved, table
from bench.stage import CALLER, stage

from assent_orchestrator.plan.model import Plan


async def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    async with stage(1, 8, 200) as app:

        def simulate(length: int):
            async def call() -> None:
                forecast = await app.simulations.simulate(CALLER, Plan(process=f"steps-{length}"))
                assert len(forecast.decided.decision.steps) == length

            return call

        series = await interleaved(
            count,
            5,
            forecast_of_1_step=simulate(1),
            forecast_of_8_steps=simulate(8),
            forecast_of_200_steps=simulate(200),
        )
    print(f"forecasts of a whole plan, one question each, {count} times each\n{table(series)}")


if __name__ == "__main__":
    asyncio.run(main())
