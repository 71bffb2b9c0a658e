"""The durable engine by itself: workflows of empty steps on the same database, beside ours in the same process."""

import uuid
from collections.abc import Awaitable, Callable

from dbos import DBOS, SetWorkflowID


def bare_engine() -> Callable[[int], Awaitable[None]]:
    """Return what runs so many empty steps to their end. The engine must be open: call it after ``open_app``."""

    async def nothing() -> int:
        return 1

    @DBOS.workflow(name="bench.bare")
    async def steps(count: int) -> int:
        for _ in range(count):
            await DBOS.run_step_async({"name": "nothing"}, nothing)
        return count

    async def run(count: int) -> None:
        with SetWorkflowID(uuid.uuid4().hex):
            handle = await DBOS.start_workflow_async(steps, count)
        assert await handle.get_result() == count

    return run
