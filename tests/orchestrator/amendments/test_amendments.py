"""Proposals in a database: who may, what is kept and recorded, who sees it, and what a bundle adopts."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from assent_orchestrator.amendments.adoption import Adoptions
from assent_orchestrator.amendments.amendment import AmendmentState
from assent_orchestrator.amendments.box import Amendments
from assent_orchestrator.amendments.effect import Effects
from assent_orchestrator.amendments.proposals import Proposals, Proposed
from assent_orchestrator.audit.wanted import Wanted
from assent_orchestrator.caller import Role
from assent_orchestrator.errors import (
    AmendmentsFullError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StateError,
)
from assent_orchestrator.plan.model import Plan
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import World, allow_all, catalogue, deny

STEPS = ({"id": "look", "action": "box.get"}, {"id": "act", "action": "box.put", "args": {"say": "hi"}})
MORE = (*STEPS, {"id": "tell", "action": "box.send", "after": ["act"]})


def plan(steps: tuple[Mapping[str, Any], ...] = MORE, **more: Any) -> Plan:
    return Plan.from_json({"process": "work", "steps": [{"agent": "bot", **step} for step in steps], **more})


@dataclass
class Office:
    """A world and the room on top of it; its process can be replaced by another bundle's."""

    world: World
    bundle: Bundle

    @property
    def proposals(self) -> Proposals:
        return Proposals(self.world.parts.gate, self.world.parts.clock, lambda _: self.bundle)

    @property
    def box(self) -> Amendments:
        return Amendments(self.world.parts.engine, self.world.trail, self.world.parts.clock)

    @property
    def effects(self) -> Effects:
        parts = self.world.parts
        return Effects(parts.engine, parts.gate, parts.clock, lambda _: self.bundle.catalogue)

    async def propose(self, proposed: Plan | None = None) -> Proposed:
        return await self.proposals.propose(self.world.alice, proposed or plan())

    async def recorded(self) -> list[dict[str, Any]]:
        entries = await self.world.trail.read(self.world.tenant, Wanted(), limit=1000)
        return [entry.record for entry in entries if entry.record["event"].startswith("amendment.")]


def bundle(steps: tuple[Mapping[str, Any], ...] = STEPS, revision: str = "1" * 64, **process: Any) -> Bundle:
    return Bundle(b"", f"sha256:{revision}", catalogue(steps, **process))


async def open_office(make_world: MakeWorld, **more: Any) -> Office:
    return Office(await make_world(STEPS, **more), bundle())


def asked(office: Office) -> list[Question]:
    return [one for one in office.world.decisions.asked if one.kind is Kind.AMENDMENT]


@pytest.mark.requirement("orchestrator.plan-proposed", "orchestrator.amendment-decided")
async def test_what_conforms_asks_nobody_and_stores_nothing(make_world: MakeWorld) -> None:
    office = await open_office(make_world)
    said = await office.propose(plan(STEPS))
    assert (said.varied is not None, said.amendment, said.decided) == (True, None, None)
    assert asked(office) == []
    assert (await office.box.list(office.world.person("boss"))).items == []


@pytest.mark.requirement("orchestrator.amendment-decided", "orchestrator.amendment-recorded")
async def test_an_amendment_is_decided_by_policy_stored_without_inputs_and_recorded(make_world: MakeWorld) -> None:
    office = await open_office(make_world)
    said = await office.propose(plan(inputs={"account": "secret-1"}, request_id="r"))
    [question] = asked(office)
    assert question.amendment is not None
    assert (question.principal.id, question.amendment.added, question.run) == ("alice", ("tell",), None)
    assert question.plan is not None
    assert [step.id for step in question.plan.steps] == ["look", "act", "tell"]
    assert said.amendment is not None
    kept = await office.box.get(office.world.person("boss"), said.amendment.id)
    assert (kept.proposer, kept.owner, kept.version, kept.state) == ("alice", "boss", "1", AmendmentState.OPEN)
    assert "secret-1" not in str(kept)
    [record] = await office.recorded()
    assert (record["event"], record["actor"]["id"]) == ("amendment.proposed", "alice")
    assert record["detail"]["added"] == ["tell"]
    assert record["detail"]["decision"] == kept.decision_id


@pytest.mark.requirement("orchestrator.amendment-decided")
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (deny("NOT_A_PLANNER"), "NOT_A_PLANNER"),
        ({"verdict": "defer", "defer_until": "2030-01-01T00:00:00Z", "reasons": [{"code": "LATER"}]}, "LATER"),
        ({"verdict": "require_approval", "reasons": [{"code": "ASK"}], "approval": {"stages": [{"role": "x"}]}}, "ASK"),
        ({"verdict": "allow", "obligations": [{"type": "notify", "role": "x"}]}, "OBLIGATION_UNSUPPORTED"),
        ({"verdict": "halt", "reasons": [{"code": "STOP_IT"}]}, "STOP_IT"),
    ],
)
async def test_only_an_allow_stores_it(make_world: MakeWorld, answer: Mapping[str, Any], code: str) -> None:
    office = await open_office(
        make_world, ruler=lambda question: answer if question.kind is Kind.AMENDMENT else allow_all(question)
    )
    said = await office.propose()
    assert (said.amendment, said.refusal) == (None, code)
    assert said.decided is not None
    assert (await office.box.list(office.world.person("olga", Role.OPERATOR))).items == []
    assert await office.recorded() == []


@pytest.mark.requirement("orchestrator.plan-proposed-badly")
async def test_what_is_wrong_is_refused_before_anybody_is_asked(make_world: MakeWorld) -> None:
    office = await open_office(make_world)
    with pytest.raises(InvalidError) as caught:
        await office.propose(plan(({"id": "look", "action": "box.get", "agent": "ghost"},)))
    assert [fault.code for fault in caught.value.faults] == ["UNKNOWN_AGENT"]
    with pytest.raises(ForbiddenError):
        await office.proposals.propose(office.world.person("ada", Role.AUDITOR), plan())
    assert asked(office) == []


@pytest.mark.requirement("orchestrator.plan-proposed")
async def test_one_plan_is_one_amendment_however_often_and_at_once_it_is_proposed(make_world: MakeWorld) -> None:
    office = await open_office(make_world)
    said = await asyncio.gather(*(office.propose() for _ in range(4)))
    assert len({one.amendment.id for one in said if one.amendment is not None}) == 1
    assert len(await office.recorded()) == 1


@pytest.mark.requirement("orchestrator.plan-proposed-badly")
async def test_with_too_many_open_none_is_stored_until_one_is_closed(make_world: MakeWorld) -> None:
    office = await open_office(make_world)
    proposals = Proposals(office.world.parts.gate, office.world.parts.clock, lambda _: office.bundle, most_open=1)
    first = (await proposals.propose(office.world.alice, plan())).amendment
    assert first is not None
    other = plan((*MORE, {"id": "again", "action": "box.put"}))
    with pytest.raises(AmendmentsFullError):
        await proposals.propose(office.world.alice, other)
    await office.box.dismiss(office.world.person("boss"), first.id, "no")
    assert (await proposals.propose(office.world.alice, other)).amendment is not None


@pytest.mark.requirement("orchestrator.plan-proposed-badly")
async def test_who_has_too_many_open_leaves_room_for_others(make_world: MakeWorld) -> None:
    office = await open_office(make_world)
    proposals = Proposals(office.world.parts.gate, office.world.parts.clock, lambda _: office.bundle, most_of_one=1)
    first = (await proposals.propose(office.world.alice, plan())).amendment
    assert first is not None
    other = plan((*MORE, {"id": "again", "action": "box.put"}))
    with pytest.raises(AmendmentsFullError, match="1 amendments of yours are open"):
        await proposals.propose(office.world.alice, other)
    stored = (await proposals.propose(office.world.person("bob", Role.SUBMITTER), other)).amendment
    assert stored is not None
    assert stored.proposer == "bob"
    assert (await proposals.propose(office.world.alice, plan())).amendment == first


@pytest.mark.requirement("orchestrator.amendment-owned")
async def test_it_is_seen_by_owner_proposer_and_who_sees_all_and_dismissed_by_the_owner(make_world: MakeWorld) -> None:
    office = await open_office(make_world)
    found = (await office.propose()).amendment
    assert found is not None
    world = office.world
    for who in (world.person("boss"), world.alice, world.person("olga", Role.OPERATOR)):
        assert [one.id for one in (await office.box.list(who)).items] == [found.id]
    stranger, elsewhere = world.person("bob", Role.SUBMITTER), world.person("boss")
    assert (await office.box.list(stranger)).items == []
    for who in (stranger, type(elsewhere)("boss", "elsewhere", elsewhere.roles)):
        with pytest.raises(NotFoundError):
            await office.box.get(who, found.id)
    for who in (world.alice, world.person("olga", Role.OPERATOR)):
        with pytest.raises(ForbiddenError) as refused:
            await office.box.dismiss(who, found.id, "no")
        assert str(refused.value) == "only boss, who owns the process, and the role compliance_officer may put it aside"
    closed = await office.box.dismiss(world.person("boss"), found.id, "not now")
    assert (closed.state, closed.closed_by, closed.reason) == (AmendmentState.DISMISSED, "boss", "not now")
    with pytest.raises(StateError):
        await office.box.dismiss(world.person("boss"), found.id, "again")
    assert [one["event"] for one in await office.recorded()] == ["amendment.proposed", "amendment.dismissed"]


@pytest.mark.requirement("orchestrator.amendment-owned")
async def test_a_compliance_officer_finds_and_dismisses_what_others_proposed(make_world: MakeWorld) -> None:
    office = await open_office(make_world)
    found = (await office.propose()).amendment
    assert found is not None
    officer = office.world.person("cora", Role.COMPLIANCE_OFFICER)
    assert [one.id for one in (await office.box.list(officer)).items] == [found.id]
    closed = await office.box.dismiss(officer, found.id, "against the rules")
    assert (closed.state, closed.closed_by) == (AmendmentState.DISMISSED, "cora")


@pytest.mark.requirement("orchestrator.amendment-adopted")
async def test_only_a_bundle_with_these_steps_adopts_it(make_world: MakeWorld) -> None:
    office = await open_office(make_world)
    found = (await office.propose()).amendment
    assert found is not None
    adoptions, boss = Adoptions(office.world.trail, office.world.parts.clock), office.world.person("boss")
    for other in (bundle(), bundle(version="2"), Bundle(b"", "sha256:" + "2" * 64, Catalogue(workspace="other"))):
        await adoptions.look(other)
        assert (await office.box.get(boss, found.id)).state is AmendmentState.OPEN
    office.bundle = bundle(MORE, "3" * 64, version="2")
    await adoptions.look(office.bundle)
    adopted = await office.box.get(boss, found.id)
    assert (adopted.state, adopted.revision, adopted.closed_by) == (
        AmendmentState.ADOPTED,
        office.bundle.revision,
        "assent",
    )
    [_, record] = await office.recorded()
    assert (record["event"], record["detail"]["revision"]) == ("amendment.adopted", office.bundle.revision)
    assert (await office.propose()).varied is not None


@pytest.mark.requirement("orchestrator.amendment-effect")
async def test_its_effect_is_what_recorded_runs_would_have_been(make_world: MakeWorld) -> None:
    def ruler(question: Question) -> Mapping[str, Any]:
        said = allow_all(question)
        if question.kind is Kind.PLAN and question.plan is not None and question.inputs.get("n") == 2:
            steps = {
                step.id: deny("NO_SENDING") if step.id == "tell" else {"verdict": "allow"}
                for step in question.plan.steps
            }
            return {"verdict": "allow", "steps": steps}
        return said

    office = await open_office(make_world, ruler=ruler)
    found = (await office.propose()).amendment
    assert found is not None
    runs = [await office.world.submit(inputs={"n": n}) for n in (1, 2)]
    effects = await office.effects.simulate(office.world.person("boss"), found.id)
    assert [one.run for one in effects] == runs[::-1]
    assert {step.step: step.recorded for step in effects[0].steps} == {
        "": None,
        "tell": None,
        "look": "pending",
        "act": "pending",
    }
    assert [[(step.step, step.before, step.after) for step in one.changed] for one in effects] == [
        [("tell", None, ("deny", ("NO_SENDING",)))],
        [("tell", None, ("allow", ()))],
    ]
    assert [one.run for one in await office.effects.simulate(office.world.person("boss"), found.id, 1)] == runs[1:]
    assert [record for record in await office.recorded() if record["event"] != "amendment.proposed"] == []
    office.bundle = Bundle(b"", "sha256:" + "4" * 64, bundle().catalogue.model_copy(update={"systems": {}}))
    with pytest.raises(StateError):
        await office.effects.simulate(office.world.person("boss"), found.id)


PINS = Memory.from_json(
    {"classes": {"pins": {"retention": "never", "purpose": "to pay", "owner": "it", "labels": ["pin"]}}}
)
VALUES = {"inputs": {"pin": "4711"}, "labels": {"/pin": ("pin",)}}


@pytest.mark.requirement("orchestrator.amendment-effect", "orchestrator.never-lost-fails-closed")
async def test_of_a_run_whose_inputs_were_not_retained_nobody_can_tell_and_nobody_is_asked(
    make_world: MakeWorld,
) -> None:
    office = Office(await make_world(STEPS, memory=PINS), bundle(memory=PINS))
    found = (await office.propose()).amendment
    assert found is not None
    gone = await office.world.submit(inputs={"n": 1, "pin": "4711"}, labels={"/pin": ("pin",)})
    other = await office.world.submit(inputs={"n": 2})
    for run in (gone, other):
        await office.world.end_of(run)
    office.world.decisions.asked.clear()
    second, first = await office.effects.simulate(office.world.person("boss"), found.id)
    assert (first.run, first.untold, first.steps, first.faults) == (gone, "NOT_RETAINED", (), ())
    assert (second.run, second.untold, [one.step for one in second.changed]) == (other, "", ["tell"])
    assert {one.inputs["n"] for one in office.world.decisions.asked} == {2}


@pytest.mark.requirement("orchestrator.never-lost-fails-closed")
@pytest.mark.parametrize("way", ["simulate", "submit"])
async def test_a_plan_with_marks_in_the_place_of_values_is_refused(make_world: MakeWorld, way: str) -> None:
    world = await make_world(STEPS, memory=PINS)
    run = await world.submit(inputs={"pin": "4711"}, labels={"/pin": ("pin",)})
    recorded = (await world.end_of(run)).run.plan
    copied = Plan(process="work", inputs=recorded.inputs, labels=recorded.labels)
    asked = len(world.decisions.asked)
    with pytest.raises(InvalidError) as caught:
        await (world.simulations.simulate if way == "simulate" else world.submissions.submit)(world.alice, copied)
    assert [(one.field, one.code) for one in caught.value.faults] == [("labels", "NOT_RETAINED")]
    assert len(world.decisions.asked) == asked
    forecast = await world.simulations.simulate(world.alice, copied.model_copy(update=VALUES))
    assert str(forecast.decided.verdict) == "allow"
    assert world.decisions.asked[-1].inputs == {"pin": "4711"}
