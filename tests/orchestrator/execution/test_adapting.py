"""How a run adapts to data and to failure, within what its process says."""

from collections.abc import Mapping
from typing import Any

import pytest

from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, allow_all, for_actions, states

BRANCHES = [
    {"id": "look", "action": "box.get"},
    {"id": "low", "action": "box.put", "when": "is_low", "args": {"say": {"$ref": "steps.look.output.n"}}},
    {"id": "high", "action": "box.put", "when": "is_high", "args": {"say": {"$ref": "steps.look.output.n"}}},
    {
        "id": "tell",
        "action": "box.send",
        "args": {"say": {"$first": [{"$ref": "steps.low.output.n"}, {"$ref": "steps.high.output.n"}]}},
    },
]


def low_only(question: Question):
    if question.kind is Kind.CONDITION:
        assert question.condition is not None
        assert question.condition.outputs["look"]["n"] == 1
        return {"verdict": "allow", "taken": question.condition.name == "is_low"}
    return allow_all(question)


@pytest.mark.requirement("orchestrator.conditions")
async def test_only_the_branch_whose_condition_holds_is_taken(make_world: MakeWorld) -> None:
    world = await make_world(BRANCHES, ruler=low_only)
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    assert states(view) == {"look": "succeeded", "low": "succeeded", "high": "skipped", "tell": "succeeded"}
    assert view.steps[2].reason == "CONDITION_NOT_MET"


@pytest.mark.requirement("orchestrator.retry-by-obligation")
async def test_a_retry_obligation_repeats_what_had_no_effect_under_one_key(make_world: MakeWorld) -> None:
    answers = iter([Failure("BUSY", "later", True, "none"), Failure("BUSY", "later", True, "none"), Success({"n": 1})])
    retry = {"type": "retry", "max_attempts": 3, "backoff": "10ms", "factor": 1, "max_backoff": "10ms"}
    world = await make_world(
        [{"id": "only", "action": "box.send"}],
        ruler=for_actions(lambda _: {**ALLOW, "obligations": [retry]}),
        tool=lambda _: next(answers),
    )
    view = await world.end_of(await world.submit())
    assert view.run.state == "succeeded"
    assert view.steps[0].attempt == 3
    assert len({key for _, key in world.tools.calls}) == 1
    assert sum(question.kind is Kind.ACTION for question in world.decisions.asked) == 3


@pytest.mark.requirement("orchestrator.shortest-timeout")
@pytest.mark.parametrize(("said", "wanted"), [("2s", 2.0), ("4s", 3.0), ("", 3.0)])
async def test_a_call_has_the_shortest_of_the_times_that_policy_and_process_give_it(
    make_world: MakeWorld, said: str, wanted: float
) -> None:
    obligations = [{"type": "timeout", "after": said}] if said else []
    world = await make_world(
        [{"id": "only", "action": "box.send", "deadline": "3s"}],
        ruler=for_actions(lambda _: {**ALLOW, "obligations": obligations}),
    )
    given: list[float] = []
    invoke = world.tools.invoke

    async def timed(permit: Permit, action: Action, **more: Any) -> Success | Failure:
        given.append(more["timeout"])
        return await invoke(permit, action, **more)

    world.tools.invoke = timed  # type: ignore[method-assign] # one that notes how long it has
    assert (await world.end_of(await world.submit())).run.state == "succeeded"
    assert given == [wanted]


@pytest.mark.requirement("orchestrator.retry-by-obligation")
async def test_without_a_retry_obligation_a_retryable_error_is_final(make_world: MakeWorld) -> None:
    world = await make_world(
        [{"id": "only", "action": "box.send"}], tool=lambda _: Failure("BUSY", "later", True, "none")
    )
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("failed", "BUSY")
    assert world.tools.times("box.send") == 1


async def test_an_alternative_is_taken_only_when_it_is_needed(make_world: MakeWorld) -> None:
    steps = [
        {"id": "mail", "action": "box.send", "on_failure": {"alternative": "letter"}},
        {"id": "letter", "action": "box.put"},
    ]

    def no_mail(question: Question):
        assert question.action is not None
        denied = {"verdict": "deny", "reasons": [{"code": "MUST_NOT_LEAVE", "message": "no"}]}
        return denied if question.action.operation == "send" else ALLOW

    denied = await make_world(steps, ruler=for_actions(no_mail))
    view = await denied.end_of(await denied.submit())
    assert states(view) == {"mail": "denied", "letter": "succeeded"}
    assert view.run.state == "succeeded"
    denied.decisions.ruler = allow_all
    view = await denied.end_of(await denied.submit())
    assert states(view) == {"mail": "succeeded", "letter": "skipped"}


async def test_a_result_against_its_schema_is_never_passed_on(make_world: MakeWorld) -> None:
    def tool(_action: Action) -> Success:
        return Success({"n": "not a number"})

    world = await make_world(
        [
            {"id": "look", "action": "box.get"},
            {"id": "tell", "action": "box.send", "args": {"say": {"$ref": "steps.look.output.n"}}},
        ],
        tool=tool,
    )
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].reason) == ("failed", "RESULT_SCHEMA")
    assert world.tools.times("box.send") == 0


async def test_an_obligation_nobody_can_fulfil_makes_an_allow_a_deny(make_world: MakeWorld) -> None:
    notify = {"type": "notify", "role": "boss"}
    world = await make_world(
        [{"id": "only", "action": "box.send"}], ruler=for_actions(lambda _: {**ALLOW, "obligations": [notify]})
    )
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].reason) == ("failed", "OBLIGATION_UNSUPPORTED")
    assert world.tools.calls == []


async def test_a_redaction_is_carried_out_before_the_call(make_world: MakeWorld) -> None:
    seen: list[Action] = []

    def tool(action: Action) -> Success:
        seen.append(action)
        return Success({"n": 1})

    world = await make_world(
        [{"id": "only", "action": "box.send", "args": {"to": "bob", "iban": "DE00"}}],
        ruler=for_actions(lambda _: {**ALLOW, "obligations": [{"type": "redact", "path": "/iban"}]}),
        tool=tool,
    )
    await world.end_of(await world.submit())
    assert seen[0].args == {"to": "bob"}


@pytest.mark.requirement("orchestrator.labels-lowered-in-the-record")
@pytest.mark.parametrize(
    ("redact", "detail"),
    [
        ({"path": "/secret"}, {"redacted": ["/secret"], "lowered": ["confidential"]}),
        ({"path": "", "labels": ["confidential"]}, {"redacted": [""], "lowered": ["confidential"]}),
        ({"path": "", "labels": ["pii"]}, None),
    ],
)
async def test_the_trail_says_which_labels_a_redaction_took_away(
    make_world: MakeWorld, redact: dict[str, Any], detail: dict[str, Any] | None
) -> None:
    def ruler(question: Question) -> Mapping[str, Any]:
        sends = question.action is not None and question.action.operation == "send"
        return {**ALLOW, "obligations": [{"type": "redact", **redact}]} if sends else ALLOW

    steps = [
        {"id": "look", "action": "box.get"},
        {"id": "only", "action": "box.send", "args": {"to": "bob", "secret": {"$ref": "steps.look.output.secret"}}},
    ]
    world = await make_world(steps, ruler=for_actions(ruler), tool=lambda _: Success({"n": 1, "secret": "x"}))
    view = await world.end_of(run := await world.submit())
    assert view.run.state == "succeeded", states(view)
    intended = await world.until(run, "action.intended", step="only")
    assert intended.record.get("detail") == detail


async def test_halt_ends_the_run_and_everything_that_waits(make_world: MakeWorld) -> None:
    world = await make_world(
        [{"id": "first", "action": "box.put"}, {"id": "second", "action": "box.send", "after": ["first"]}],
        ruler=for_actions(lambda _: {"verdict": "halt", "reasons": [{"code": "FRAUD", "message": "stop"}]}),
    )
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("halted", "FRAUD")
    assert states(view) == {"first": "denied", "second": "cancelled"}


async def test_a_plan_that_policy_denies_does_nothing(make_world: MakeWorld) -> None:
    world = await make_world(
        [{"id": "only", "action": "box.send"}],
        ruler=lambda _: {"verdict": "deny", "reasons": [{"code": "FREEZE", "message": "no"}]},
    )
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.run.reason) == ("failed", "FREEZE")
    assert world.tools.calls == []


@pytest.mark.requirement("orchestrator.retry-by-process")
@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        (Failure("BUSY", "later", True, "none"), 3),
        (Failure("BROKEN", "no", False, "none"), 1),
    ],
)
async def test_a_process_says_how_often_a_retryable_error_is_tried_again(
    make_world: MakeWorld, failure: Failure, attempts: int
) -> None:
    retry = {"max_attempts": 3, "backoff": "10ms", "max_backoff": "10ms"}
    world = await make_world([{"id": "only", "action": "box.send", "retry": retry}], tool=lambda _: failure)
    view = await world.end_of(await world.submit())
    assert (view.run.state, view.steps[0].attempt) == ("failed", attempts)
    assert len({key for _, key in world.tools.calls}) == 1


@pytest.mark.requirement("orchestrator.retry-by-process")
async def test_of_process_and_policy_the_fewer_attempts_hold(make_world: MakeWorld) -> None:
    said = {"type": "retry", "max_attempts": 2, "backoff": "1ms"}
    world = await make_world(
        [{"id": "only", "action": "box.send", "retry": {"max_attempts": 5, "backoff": "1ms"}}],
        ruler=for_actions(lambda _: {**ALLOW, "obligations": [said]}),
        tool=lambda _: Failure("BUSY", "later", True, "none"),
    )
    assert (await world.end_of(await world.submit())).steps[0].attempt == 2
