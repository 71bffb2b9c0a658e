"""What a tool server answered is known here alone: neither a stop nor a database that goes away makes it unknown."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit import trail as trail_module
from assent_orchestrator.audit.stride import Stride
from assent_orchestrator.audit.trail import AuditUnavailableError, Trail
from assent_orchestrator.tools.outcome import Failure, Found, Success
from tests.orchestrator.execution.conftest import MakeWorld

_STEP: list[dict[str, Any]] = [{"id": "a", "action": "box.send"}]
_DONE, _LOST = Success({"n": 1}), Failure("TIMEOUT", "no answer", retryable=False, effect="unknown")


@pytest.mark.requirement("orchestrator.answers-are-kept")
async def test_what_became_of_calls_is_never_written_in_one_statement_with_what_stops_hold_up(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(_STEP)
    seen: list[Stride] = []
    real = Trail.stride

    async def stride(trail: Trail, tenant: str, one: Stride) -> bool:
        seen.append(one)
        return await real(trail, tenant, one)

    with monkeypatch.context() as patch:
        patch.setattr(Trail, "stride", stride)
        await world.end_of(await world.submit())
    intended, outcome = seen
    batches: list[list[str]] = []

    async def write(*_: Any, strides: Sequence[Stride], **__: Any) -> list[int]:
        batches.append([one.status for one in strides])
        return list(range(len(strides)))

    monkeypatch.setattr(trail_module, "write_strides", write)
    other = replace(intended, seen=("a stop",))
    asked = [intended, outcome, intended, other, outcome]
    assert not any(await asyncio.gather(*(world.trail.stride(world.tenant, one) for one in asked)))
    assert batches == [["intended", "intended"], ["succeeded", "succeeded"], ["intended"]]


@pytest.mark.requirement("orchestrator.answers-are-kept")
@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize(
    ("answer", "state", "events"),
    [(_DONE, "succeeded", ["action.succeeded"]), (_LOST, "unknown", ["action.unknown", "action.unknown"])],
)
async def test_a_write_that_fails_once_loses_no_answer_and_says_it_once(
    make_world: MakeWorld,
    monkeypatch: pytest.MonkeyPatch,
    answer: Success | Failure,
    state: str,
    events: list[str],
    *,
    written: bool,
) -> None:
    """Of a call whose answer got lost it is said twice that nobody knows: for want of an answer, then of ``Lookup``."""
    world = await make_world(_STEP, tool=lambda _: answer)
    world.tools.found = Found("never")
    broken: list[str] = []
    stride, recording = Trail.stride, Trail.recording

    async def breaking_stride(trail: Trail, tenant: str, one: Stride) -> bool:
        if one.status == "intended" or broken:
            return await stride(trail, tenant, one)
        broken.append(one.status)
        if written:
            assert await stride(trail, tenant, one)
        raise AuditUnavailableError("away")

    @contextlib.asynccontextmanager
    async def breaking_recording(trail: Trail) -> AsyncIterator[AsyncConnection]:
        breaks = bool(world.tools.calls) and not broken
        if breaks:
            broken.append("recording")
            if not written:
                raise AuditUnavailableError("away")
        async with recording(trail) as tx:
            yield tx
        if breaks:
            raise AuditUnavailableError("away")

    monkeypatch.setattr(Trail, "stride", breaking_stride)
    monkeypatch.setattr(Trail, "recording", breaking_recording)
    run = await world.submit()
    await world.until(run, "action.succeeded" if state == "succeeded" else "run.waiting")
    view = await world.runs.get(world.alice, run)
    assert (str(view.steps[0].state), len(world.tools.calls), len(broken)) == (state, 1, 1)
    said = [event.partition(" ")[0] for event in await world.events(run)]
    assert [one for one in said if one.startswith("action.") and one != "action.decided"] == [
        "action.intended",
        *events,
    ]
