"""What is answered on one server is heard by a leg that another one walks."""

import asyncio
from contextvars import Context
from dataclasses import replace
from typing import Any

import pytest

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.driven import Pause
from assent_orchestrator.execution.knock import Knocks
from assent_orchestrator.execution.situation import Seen
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.decision import Decided
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, for_actions, reaches

STEPS = [{"id": "held", "action": "box.put"}, {"id": "slow", "action": "box.get"}]
ASK = {"verdict": "require_approval", "approval": {"stages": [{"role": "manager"}], "expires_in": "1h"}}


def ruler(question: Question) -> Any:
    held = question.step is not None and question.step.id == "held" and not question.approvals
    return ASK if held else ALLOW


@pytest.mark.requirement("orchestrator.no-server-is-special")
async def test_an_answer_given_elsewhere_is_heard_while_another_step_goes_on(
    make_world: MakeWorld, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(STEPS, ruler=for_actions(ruler))
    invoke, done = world.tools.invoke, asyncio.Event()

    async def slowly(permit: Permit, action: Action, *, tool_server: str, timeout: float) -> Success | Failure:  # noqa: ASYNC109 - as in Tools
        if action.operation == "get":
            await done.wait()
        return await invoke(permit, action, tool_server=tool_server, timeout=timeout)

    monkeypatch.setattr(world.tools, "invoke", slowly)
    await listener.connected()
    run = await world.submit()
    await reaches(world, run, "held", "awaiting_approval")
    await reaches(world, run, "slow", "dispatched")

    async def elsewhere(run_id: str, step_id: str) -> None:
        del step_id  # the leg of the run is not in the process that took the answer
        await Knocks(world.parts.engine).knock(run_id)

    await replace(world, inbox=replace(world.inbox, wake=elsewhere)).reply(run, world.person("mia", "manager"))
    await reaches(world, run, "held", "succeeded")
    assert not done.is_set()
    done.set()
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.no-server-is-special")
async def test_who_looked_just_before_the_answer_looks_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(STEPS, ruler=for_actions(ruler))
    invoke, decide, done, asked = world.tools.invoke, world.decisions.decide, asyncio.Event(), asyncio.Event()

    async def slowly(permit: Permit, action: Action, *, tool_server: str, timeout: float) -> Success | Failure:  # noqa: ASYNC109 - as in Tools
        if action.operation == "get":
            await done.wait()
        return await invoke(permit, action, tool_server=tool_server, timeout=timeout)

    async def rung(question: Question, *, budget: float) -> Decided:
        if question.step is not None and question.step.id == "held" and not asked.is_set():
            asked.set()
            assert question.run is not None
            # Something happened while the step is being asked about, and the leg has time to notice.
            for told in (("held",), ()):
                wake = world.durable.wake(question.run.id, told)
                await asyncio.create_task(wake, context=Context())  # as a caller does, not as part of the leg
        return await decide(question, budget=budget)

    looks: list[str] = []
    again = asyncio.Event()
    attempt = Attempts.attempt

    async def counted(self: Attempts, run_id: str, step_id: str, tries: int, seen: Seen | None = None) -> Pause:
        looks.append(step_id)
        if looks.count("held") == 2:
            again.set()
        return await attempt(self, run_id, step_id, tries, seen)

    monkeypatch.setattr(Attempts, "attempt", counted)
    monkeypatch.setattr(world.tools, "invoke", slowly)
    monkeypatch.setattr(world.decisions, "decide", rung)
    run = await world.submit()
    async with asyncio.timeout(60):
        await again.wait()
    assert not done.is_set()
    done.set()
    await world.cancellations.cancel(world.alice, run, "")
    await world.end_of(run)
