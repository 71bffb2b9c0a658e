"""What an agent that calls may not do: whatever people say in answer to what agents want."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from assent_orchestrator.amendments.box import Amendments
from assent_orchestrator.approvals.approval import ApprovalState
from assent_orchestrator.approvals.delegations import Delegations, Handing
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import AgentMayNotAnswerError, ForbiddenError
from assent_orchestrator.execution.reconciliation import Evidence, Settlement
from assent_orchestrator.execution.work_items import Pick
from assent_orchestrator.governance.stop import Scope
from assent_orchestrator.plan.model import Plan
from assent_sidecar.question import Kind
from tests.orchestrator.execution.world import World, allow_all

pytestmark = pytest.mark.requirement("orchestrator.agents-as-themselves")

HELD = {"verdict": "require_approval", "reasons": [{"code": "BIG"}], "approval": {"stages": [{"role": "boss"}]}}


def held(question):
    if question.kind is Kind.ACTION and not question.approvals:
        return HELD
    return allow_all(question)


def agent(world: World, *roles: str) -> Caller:
    return replace(world.person("bot", *roles), agent="bot")


async def test_an_agent_with_the_role_of_an_approver_answers_nothing(make_world):
    world = await make_world([{"id": "a", "action": "box.put"}], ruler=held)
    run = await world.submit()
    await world.until(run, "approval.requested")
    bot = agent(world, "boss")
    approval = await world.inbox.get(bot, await world.approval_of(run))
    reply = Reply(True, "looks good", str(approval.version), approval.presented_digest)
    evidence = Evidence(Settlement.DONE, "looked", "e", result={})
    for saying in (
        world.inbox.decide(bot, approval.id, reply),
        world.inbox.decide(bot, approval.id, replace(reply, on_behalf_of="dana")),
        world.inbox.withdraw(bot, approval.id, ""),
        world.work_items.choose(bot, approval.id, Pick(replace(reply, choice="retry"), None)),
        world.reconciliations.reconcile(bot, run, "a", evidence),
    ):
        with pytest.raises(AgentMayNotAnswerError):
            await saying
    seen = await world.inbox.get(world.person("olga", Role.OPERATOR), approval.id)
    assert (seen.state, seen.answers) == (ApprovalState.PENDING, ())
    assert "approval.opened a" not in await world.events(run)
    await world.reply(run, world.person("dana", "boss"))
    assert str((await world.end_of(run)).run.state) == "succeeded"


async def test_an_agent_hands_no_answers_over_and_takes_none(make_world):
    world = await make_world([{"id": "a", "action": "box.put"}])
    delegations = Delegations(world.parts.engine, world.trail, utc_now, lambda *_: True)
    handing = Handing("dana", ("boss",), (), "away", utc_now() + timedelta(days=1))
    with pytest.raises(AgentMayNotAnswerError):
        await delegations.create(agent(world, "boss"), handing)
    given = await delegations.create(world.person("bea", "boss"), replace(handing, taker="bot"))
    with pytest.raises(AgentMayNotAnswerError):
        await delegations.revoke(agent(world), given.id)


async def test_an_agent_lifts_no_stop_and_puts_no_amendment_aside(make_world):
    world = await make_world([{"id": "a", "action": "box.put"}])
    stop = await world.stop(Scope.AGENT, "bot")
    amendments = Amendments(world.parts.engine, world.trail, utc_now)
    refused: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: world.stops.lift(agent(world), stop.id, "let me go on"),
        lambda: amendments.dismiss(agent(world), "a1", "not wanted"),
    )
    for saying in refused:
        with pytest.raises(AgentMayNotAnswerError):
            await saying()
    assert (await world.stops.get(agent(world), stop.id)).in_force


async def test_an_agent_submits_as_a_submitter_only_and_the_trail_names_it(make_world):
    world = await make_world([{"id": "a", "action": "box.put"}], ruler=held)
    plan = Plan.from_json({"process": "work"})
    with pytest.raises(ForbiddenError):
        await world.submissions.submit(agent(world), plan)
    sales = replace(agent(world, Role.SUBMITTER), id="sales-client")
    run = (await world.submissions.submit(sales, plan)).run.id
    assert (await world.runs.get(sales, run)).run.submitter == "sales-client"
    await world.cancellations.cancel(sales, run, "", compensate=False)
    actors = [entry.record.get("actor") for entry in await world.trail.read(world.tenant)]
    assert {"kind": "agent", "id": "bot", "authn": "token"} in actors
