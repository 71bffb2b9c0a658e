"""Work passes between the agents of a run only as it is allowed, is asked about once, and is recorded."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ruamel.yaml import YAML

from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.clock import utc_now
from assent_orchestrator.store.handoff_tables import handoffs
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.handing_over import AGENTS, LOOK_AND_NOTE, SERVICES, handed, recorded, scripted
from tests.orchestrator.execution.test_edits import HELD, edit
from tests.orchestrator.execution.world import ALLOW, allow_all, deny, states

FILE = Path(__file__).parents[2] / "cases" / "handoffs" / "runs.yaml"
CASES = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))


@pytest.mark.requirement("orchestrator.handoff-decided", "orchestrator.handoff-once", "orchestrator.handoff-narrows")
@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
async def test_work_passes_as_it_is_decided(make_world: MakeWorld, case: dict[str, Any]):
    given: list[dict[str, Any]] = []

    def tool(action: Action) -> Success | Failure:
        name = f"{action.system}.{action.operation}"
        given.append({"action": name, "args": action.args})
        if name in case.get("fails", []):
            return Failure("REFUSED", "no", retryable=False, effect="none")
        secret = {"secret": "hush"} if name == "box.get" else {}
        return Success({"n": 1, "open": "hello", **secret})

    world = await make_world(case["steps"], ruler=scripted(case), tool=tool, agents=AGENTS, services=SERVICES)
    run = await world.submit(inputs=case.get("inputs", {}))
    view = await world.end_of(run)
    wanted = case["wanted"]
    assert {name: states(view)[name] for name in wanted["states"]} == wanted["states"]
    assert str(view.run.state) == wanted.get("run", str(view.run.state))
    reasons = {step.id: step.reason for step in view.steps}
    assert {name: reasons[name] for name in wanted.get("reasons", {})} == wanted.get("reasons", {})
    for name, times in wanted.get("calls", {}).items():
        assert world.tools.times(name) == times
    if "recorded" in wanted:
        found = await recorded(world, run)
        parts = [{name: one.get(name) for name in want} for one, want in zip(found, wanted["recorded"], strict=False)]
        assert parts == wanted["recorded"]
        assert len(found) == len(wanted["recorded"])
    if "given" in wanted:
        puts = [one["args"] for one in given if one["action"] == "box.put"]
        assert sorted(map(str, puts)) == sorted(map(str, wanted["given"].values()))


@pytest.mark.requirement("orchestrator.handoff-decided")
async def test_what_is_put_off_is_asked_again(make_world: MakeWorld):
    later = (utc_now() + timedelta(seconds=0.3)).isoformat()
    answers: list[Mapping[str, Any]] = [
        {"verdict": "defer", "reasons": [{"code": "LATER", "message": "later"}], "defer_until": later}
    ]
    world = await make_world(
        LOOK_AND_NOTE,
        ruler=lambda question: answers.pop() if answers and question.kind is Kind.HANDOFF else allow_all(question),
        agents=AGENTS,
    )
    run = await world.submit()
    view = await world.end_of(run)
    assert states(view) == {"look": "succeeded", "note": "succeeded"}
    assert [(one["verdict"], one["to_state"]) for one in await recorded(world, run)] == [
        ("defer", "deferred"),
        ("allow", None),
    ]


@pytest.mark.requirement("orchestrator.handoff-decided")
async def test_without_a_decision_work_waits_and_is_not_refused(make_world: MakeWorld):
    def ruler(question: Question) -> Mapping[str, Any]:
        # The engine is away from when the first step was let go until somebody asked once more.
        world.decisions.away = question.kind is Kind.ACTION and question.step is not None and question.step.id == "look"
        return allow_all(question)

    world = await make_world(LOOK_AND_NOTE, ruler=ruler, agents=AGENTS)
    run = await world.submit()
    await world.until(run, "handoff.decided", step="note")
    world.decisions.away = False
    assert states(await world.end_of(run)) == {"look": "succeeded", "note": "succeeded"}
    assert [(one["verdict"], one["codes"]) for one in await recorded(world, run)] == [
        ("deny", ["ENGINE_UNAVAILABLE"]),
        ("allow", []),
    ]


@pytest.mark.requirement("orchestrator.handoff-decided")
async def test_a_call_is_handed_over_before_it_is_asked_about_as_an_action(make_world: MakeWorld):
    steps = [{"id": "note", "agent": "reader", "action": "scribe.put", "args": {"say": {"$ref": "inputs.say"}}}]
    world = await make_world(steps, agents=AGENTS, services=SERVICES)
    run = await world.submit(inputs={"say": "hello"})
    assert states(await world.end_of(run)) == {"note": "succeeded"}
    plan, handing, action = world.decisions.asked
    assert (plan.kind, handing.kind, action.kind) == (Kind.PLAN, Kind.HANDOFF, Kind.ACTION)
    assert (handing.agent and handing.agent.id, action.agent and action.agent.id) == ("writer", "reader")
    entries = await world.trail.read(world.tenant, Wanted(run=run), limit=1000)
    events = [entry.record["event"] for entry in entries if entry.record.get("step") == "note"]
    assert events == ["handoff.decided", "decision.made", "action.intended", "action.succeeded"]


@pytest.mark.requirement("orchestrator.handoff-once")
async def test_another_bundle_is_asked_anew(make_world: MakeWorld):
    steps = [*LOOK_AND_NOTE, {"id": "more", "agent": "writer", "action": "box.put", "after": ["note", "look"]}]

    def ruler(question: Question) -> Mapping[str, Any]:
        refused = question.kind is Kind.HANDOFF and world.decisions.revision.endswith("1")
        return deny("STRICTER") if refused else allow_all(question)

    def noted(action: Action) -> Success:
        if action.operation == "put":
            world.decisions.revision = "sha256:" + "1" * 64
        return Success({})

    world = await make_world(steps, tool=noted, ruler=ruler, agents=AGENTS)
    run = await world.submit()
    view = await world.end_of(run)
    assert states(view) == {"look": "succeeded", "note": "succeeded", "more": "denied"}
    assert [(one["step"], one["verdict"]) for one in await recorded(world, run)] == [
        ("note", "allow"),
        ("more", "deny"),
    ]


@pytest.mark.requirement("orchestrator.handoff-narrows")
async def test_what_ledgers_have_left_is_told(make_world: MakeWorld):
    ledger = Ledger.from_json(
        {"title": "Calls", "owner": "it", "unit": "calls", "limit": "10", "scale": 0, "actions": ["box.put"]}
    )
    world = await make_world(LOOK_AND_NOTE, agents=AGENTS, ledgers={"calls": ledger})
    run = await world.submit()
    await world.end_of(run)
    assert [one["ledgers"] for one in handed(world)] == [{"calls": "10"}]
    assert [one["ledgers"] for one in await recorded(world, run)] == [{"calls": "10"}]


@pytest.mark.requirement("orchestrator.handoff-decided")
async def test_a_run_of_one_agent_asks_and_keeps_nothing_more(make_world: MakeWorld):
    steps = [{"id": "look", "action": "box.get"}, {"id": "note", "action": "box.put", "after": ["look"]}]
    world = await make_world(steps)
    run = await world.submit()
    await world.end_of(run)
    assert [question.kind for question in world.decisions.asked] == [Kind.PLAN, Kind.ACTION, Kind.ACTION]
    async with world.parts.reader.connect() as tx:
        assert (await tx.execute(sa.select(handoffs).where(handoffs.c.run_id == run))).all() == []


@pytest.mark.requirement("orchestrator.handoff-decided")
async def test_a_question_of_a_hand_over_names_no_step_that_it_could_depend_on(make_world: MakeWorld):
    world = await make_world(LOOK_AND_NOTE, agents=AGENTS)
    run = await world.submit()
    await world.end_of(run)
    (asked,) = [question for question in world.decisions.asked if question.kind is Kind.HANDOFF]
    assert (asked.step, asked.action) == (None, None)
    assert asked.agent is not None
    assert asked.agent.id == "writer"
    assert asked.run is not None
    assert asked.run.id == run


@pytest.mark.requirement("orchestrator.handoff-limits")
@pytest.mark.parametrize(("limit", "state"), [(3, "failed"), (4, "succeeded")])
async def test_a_list_makes_no_agent_do_more_than_it_may(make_world: MakeWorld, limit: int, state: str):
    steps = [
        {"id": "one", "agent": "reader", "action": "box.get"},
        {
            "id": "each",
            "agent": "reader",
            "action": "box.put",
            "after": ["one"],
            "for_each": {"items": {"$ref": "inputs.list"}, "cap": 9},
        },
    ]
    world = await make_world(steps, agents={"reader": {"limits": {"actions": limit}}})
    run = await world.submit(inputs={"list": [1, 2, 3]})
    view = await world.end_of(run)
    assert states(view)["each"] == state
    assert world.tools.times("box.put") == (3 if state == "succeeded" else 0)
    if state == "failed":
        assert next(step.reason for step in view.steps if step.id == "each") == "TOO_MANY_ACTIONS"


@pytest.mark.requirement("orchestrator.handoff-narrows")
async def test_approvers_see_and_change_only_what_was_handed_over(make_world: MakeWorld):
    steps = [
        {"id": "look", "agent": "reader", "action": "box.get"},
        {
            "id": "note",
            "agent": "writer",
            "action": "box.put",
            "args": {"amount": 100, "all": {"$ref": "steps.look.output"}},
        },
    ]
    redacted = {"verdict": "allow", "obligations": [{"type": "redact", "path": "", "labels": ["confidential"]}]}
    done: list[Action] = []

    def ruler(question: Question) -> Mapping[str, Any]:
        if question.kind is Kind.HANDOFF:
            return redacted
        if question.action is None or question.action.operation != "put":
            return allow_all(question)
        return ALLOW if any(one.edits for one in question.approvals) else HELD

    def tool(action: Action) -> Success:
        done.append(action)
        return Success({"n": 1, "secret": "hush", "open": "hello"})

    world = await make_world(steps, ruler=ruler, tool=tool, agents=AGENTS)
    run = await world.submit()
    await world.until(run, "approval.requested")
    dana = world.person("dana", "director")
    approval = await world.inbox.get(dana, await world.approval_of(run))
    assert "hush" not in str(approval.presented)
    await edit(world, run, {"/amount": 60})
    view = await world.end_of(run)
    assert states(view)["note"] == "succeeded"
    assert done[-1].args == {"amount": 60, "all": {"n": 1, "open": "hello"}}


@pytest.mark.requirement("orchestrator.handoff-narrows")
async def test_what_is_found_out_of_a_lost_call_is_of_what_was_handed_over(make_world: MakeWorld):
    rule = {"of": {}, "answer": {"verdict": "allow", "obligations": [{"type": "redact", "path": "/look/secret"}]}}
    steps: list[dict[str, Any]] = [
        LOOK_AND_NOTE[0],
        {**LOOK_AND_NOTE[1], "args": {"all": {"$ref": "steps.look.output"}}},
    ]

    def tool(action: Action) -> Success | Failure:
        if action.operation == "put":
            return Failure("TOOL_LOST", "gone", retryable=False, effect="unknown")
        return Success({"n": 1, "secret": "hush", "open": "hello"})

    world = await make_world(steps, ruler=scripted({"rules": [rule]}), tool=tool, agents=AGENTS)
    world.tools.found = Found("done", {})
    run = await world.submit()
    view = await world.end_of(run)
    assert states(view)["note"] == "succeeded"
    entries = await world.trail.read(world.tenant, Wanted(run=run), limit=1000)
    digests = {
        entry.record["action"]["digest"]
        for entry in entries
        if entry.record.get("step") == "note" and "action" in entry.record
    }
    assert len(digests) == 1


@pytest.mark.requirement("orchestrator.handoff-decided", "orchestrator.handoff-once")
@pytest.mark.parametrize("service", [False, True], ids=["taken over", "called"])
async def test_a_bundle_that_comes_to_force_before_the_action_is_decided_decides_the_hand_over_too(
    make_world: MakeWorld, service: bool
):
    """The hand-over is allowed; then, as the action is asked about, a bundle is in force that lets nothing pass."""
    newer = "sha256:" + "2" * 64

    def ruler(question: Question) -> Mapping[str, Any]:
        if question.kind is Kind.ACTION and question.step is not None and question.step.id == "note":
            world.decisions.revision = newer
        refused = question.kind is Kind.HANDOFF and world.decisions.revision == newer
        return deny("NOT_ANY_MORE") if refused else allow_all(question)

    calls = [{"id": "note", "agent": "reader", "action": "scribe.put"}]
    world = await make_world(calls if service else LOOK_AND_NOTE, ruler=ruler, agents=AGENTS, services=SERVICES)
    run = await world.submit()
    note = next(step for step in (await world.end_of(run)).steps if step.id == "note")
    assert (str(note.state), note.reason) == ("denied", "NOT_ANY_MORE")
    assert world.tools.times("scribe.put" if service else "box.put") == 0
    assert [one["verdict"] for one in await recorded(world, run)] == ["allow", "deny"]
