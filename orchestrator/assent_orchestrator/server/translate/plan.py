"""Plans, in both directions: the only thing that callers write."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pydantic import ValidationError

from assent.v1 import plans_pb2 as wire
from assent.v1.plans_pb2 import Plan as WirePlan
from assent.v1.plans_pb2 import PlanCompensation, PlanRetry, PlanStep
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.server.translate.label import label_sets, labels_of
from assent_orchestrator.tools.value import ValueFaultError, from_struct, to_struct
from assent_sidecar.catalogue.process import (
    Alternative,
    Ask,
    Asking,
    Branch,
    Choice,
    Compensation,
    ForEach,
    OnFailure,
    Step,
)
from assent_sidecar.misfit import misfits
from assent_sidecar.model import Json
from assent_sidecar.retry import Attempts


def read_plan(plan: WirePlan) -> Plan:
    """Return the plan that a caller sent. Whole numbers become integers, so that its digest is that of what was meant.

    Raises:
        InvalidError: a value cannot be taken in; each is named.
    """
    faults: list[Fault] = []
    inputs = _read_struct(plan.inputs, "plan.inputs", faults)
    arguments = [_read_struct(step.args, f"plan.steps[{n}].args", faults) for n, step in enumerate(plan.steps)]
    undoing = [
        _read_struct(step.compensation.args, f"plan.steps[{n}].compensation.args", faults)
        for n, step in enumerate(plan.steps)
    ]
    lists = [
        _read_struct(step.for_each.items, f"plan.steps[{n}].for_each.items", faults)
        for n, step in enumerate(plan.steps)
    ]
    if not faults:
        try:
            return Plan(
                process=plan.process,
                process_version=plan.process_version,
                inputs=inputs,
                on_behalf_of=plan.on_behalf_of,
                request_id=plan.request_id,
                labels=labels_of(plan.labels),
                steps=tuple(map(_read_step, plan.steps, arguments, undoing, lists)),
                choices={name: _read_choice(choice) for name, choice in plan.choices.items()},
            )
        except ValidationError as error:
            faults = [Fault(_path(one.place), one.code, one.text) for one in misfits(error)]
    raise InvalidError("the plan holds values that cannot be taken in", tuple(faults))


def write_plan(plan: Plan) -> WirePlan:
    """Return a plan as callers read it."""
    return WirePlan(
        process=plan.process,
        process_version=plan.process_version,
        inputs=to_struct(plan.inputs),
        on_behalf_of=plan.on_behalf_of,
        request_id=plan.request_id,
        labels=label_sets(plan.labels),
        steps=[_write_step(step) for step in plan.steps],
        choices={name: _write_choice(choice) for name, choice in plan.choices.items()},
    )


def _read_struct(struct: Struct, field: str, faults: list[Fault]) -> dict[str, Json]:
    try:
        return from_struct(struct)
    except ValueFaultError as error:
        faults.append(Fault(field, "VALUE", str(error)))
        return {}


def _read_choice(choice: wire.Choice) -> Choice:
    return Choice(
        after=tuple(choice.after),
        branches=tuple(Branch(name=branch.name, when=branch.when) for branch in choice.branches),
        otherwise=choice.otherwise or None,
    )


def _write_choice(choice: Choice) -> wire.Choice:
    branches = [wire.Branch(name=branch.name, when=branch.when) for branch in choice.branches]
    return wire.Choice(after=choice.after, branches=branches, otherwise=choice.otherwise or "")


def _read_for_each(step: PlanStep, items: dict[str, Json]) -> ForEach | None:
    if not step.HasField("for_each"):
        return None
    return ForEach(items=items, cap=step.for_each.cap, at_once=step.for_each.at_once or 1)


def _read_step(step: PlanStep, args: dict[str, Json], undoing: dict[str, Json], items: dict[str, Json]) -> Step:
    return Step(
        id=step.id,
        agent=step.agent,
        action=step.action,
        args=args,
        after=tuple(step.after),
        when=step.when or None,
        on_failure=_read_on_failure(step),
        deadline=step.deadline or None,
        compensation=Compensation(agent=step.compensation.agent or None, action=step.compensation.action, args=undoing)
        if step.HasField("compensation")
        else None,
        retry=_read_retry(step.retry) if step.HasField("retry") else None,
        branch=step.branch or None,
        for_each=_read_for_each(step, items),
    )


def _read_retry(retry: PlanRetry) -> Attempts:
    written = {"backoff": retry.backoff, "factor": retry.factor, "max_backoff": retry.max_backoff}
    return Attempts.model_validate(
        {"max_attempts": retry.max_attempts, **{name: value for name, value in written.items() if value}}
    )


def _read_on_failure(step: PlanStep) -> OnFailure:
    match step.WhichOneof("on_failure"):
        case "alternative":
            return Alternative(alternative=step.alternative)
        case "skip":
            return "skip"
        case "compensate":
            return "compensate"
        case "ask":
            asked = {"expires_in": step.ask.expires_in, "otherwise": step.ask.otherwise}
            said = {name: value for name, value in asked.items() if value}
            return Asking(ask=Ask.model_validate({"role": step.ask.role, "choices": tuple(step.ask.choices), **said}))
        case _:
            return "fail"


def _write_step(step: Step) -> PlanStep:
    made = PlanStep(
        id=step.id,
        agent=step.agent,
        action=step.action,
        args=to_struct(step.args),
        after=step.after,
        when=step.when or "",
        deadline=step.deadline or "",
        branch=step.branch or "",
    )
    undo, retry = step.compensation, step.retry
    if undo is not None:
        made.compensation.CopyFrom(
            PlanCompensation(agent=undo.agent or "", action=undo.action, args=to_struct(undo.args))
        )
    if retry is not None:
        made.retry.CopyFrom(
            PlanRetry(
                max_attempts=retry.max_attempts,
                backoff=retry.backoff,
                factor=retry.factor,
                max_backoff=retry.max_backoff,
            )
        )
    if step.for_each is not None:
        limits = step.for_each
        made.for_each.CopyFrom(wire.ForEach(items=to_struct(limits.items), cap=limits.cap, at_once=limits.at_once))
    match step.on_failure:
        case Alternative(alternative=name):
            made.alternative = name
        case "skip":
            made.skip.CopyFrom(Empty())
        case "compensate":
            made.compensate.CopyFrom(Empty())
        case Asking(ask=ask):
            made.ask.CopyFrom(wire.PlanAsk(**ask.to_json()))
        case _:
            made.fail.CopyFrom(Empty())
    return made


def _path(location: tuple[Any, ...]) -> str:
    return "plan" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
