"""Approvals whose arguments are more than a list, or an answer, can hold."""

from dataclasses import replace

import pytest

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.server.translate.approval import write_approval, write_approvals
from assent_orchestrator.server.translate.run import MOST_BYTES
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.held import HELD
from tests.orchestrator.execution.world import for_actions

TEXT = "x" * 60_000


async def asked(make_world: MakeWorld, text: str) -> tuple[Approval, Approval]:
    """Return an approval as lists have it, and whole."""
    steps = [{"id": "only", "action": "box.send", "args": {"text": text}}]
    world = await make_world(steps, ruler=for_actions(lambda _: HELD))
    run = await world.submit()
    await world.until(run, "approval.requested")
    dana = world.person("dana", "director")
    whole = await world.inbox.get(dana, await world.approval_of(run))
    [listed] = [one for one in (await world.inbox.list(dana)).items if one.id == whole.id]
    return listed, whole


@pytest.mark.requirement("orchestrator.approvals-lists-are-short")
@pytest.mark.parametrize(("text", "omitted"), [("short", False), (TEXT, True)])
async def test_a_list_leaves_large_arguments_to_whoever_looks(
    make_world: MakeWorld, text: str, *, omitted: bool
) -> None:
    listed, whole = await asked(make_world, text)
    [told] = write_approvals([listed])
    assert (told.arguments_omitted, "text" in told.arguments) == (omitted, not omitted)
    assert (told.presented_digest == "") is omitted
    assert (told.action, told.state, told.name) == ("box.send", write_approval(whole).state, write_approval(whole).name)
    shown = write_approval(whole)
    assert (shown.arguments["text"], shown.arguments_omitted) == (text, False)
    assert shown.presented_digest == whole.presented_digest


@pytest.mark.requirement("orchestrator.approvals-lists-are-short")
async def test_the_largest_page_fits_an_answer(make_world: MakeWorld) -> None:
    listed, _ = await asked(make_world, "x" * 15_000)
    page = write_approvals([listed] * 500)
    assert sum(one.ByteSize() for one in page) <= MOST_BYTES
    shown = [one for one in page if not one.arguments_omitted]
    assert 100 < len(shown) < 500
    assert {one.presented_digest for one in page if one.arguments_omitted} == {""}


@pytest.mark.requirement("orchestrator.approvals-lists-are-short")
async def test_what_cannot_be_shown_whole_comes_without_the_digest_that_an_answer_needs(
    make_world: MakeWorld,
) -> None:
    _, whole = await asked(make_world, "short")
    numbers = {"many": [1] * 400_000}  # two bytes each as JSON, eleven in a message
    told = write_approval(replace(whole, presented={**whole.presented, "args": numbers}))
    assert (told.arguments_omitted, told.presented_digest, told.ByteSize() < MOST_BYTES) == (True, "", True)
