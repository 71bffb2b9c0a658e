"""Plans, in both directions: the only thing that callers write."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pydantic import ValidationError

from assent.v1.plans_pb2 import Plan as WirePlan
from assent.v1.plans_pb2 import PlanStep
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.server.translate.label import label_sets, labels_of
from assent_orchestrator.tools.value import ValueFaultError, from_struct, to_struct
from assent_sidecar.catalogue.process import Alternative, OnFailure, Step
from assent_sidecar.model import Json


def read_plan(plan: WirePlan) -> Plan:
    """Return the plan that a caller sent. Whole numbers become integers, so that its digest is that of what was meant.

    Raises:
        InvalidError: a value cannot be taken in; each is named.
    """
    faults: list[Fault] = []
    inputs = _read_struct(plan.inputs, "plan.inputs", faults)
    arguments = [_read_struct(step.args, f"plan.steps[{n}].args", faults) for n, step in enumerate(plan.steps)]
    if not faults:
        try:
            return Plan(
                process=plan.process,
                process_version=plan.process_version,
                inputs=inputs,
                on_behalf_of=plan.on_behalf_of,
                request_id=plan.request_id,
                labels=labels_of(plan.labels),
                steps=tuple(_read_step(step, args) for step, args in zip(plan.steps, arguments, strict=True)),
            )
        except ValidationError as error:
            faults = [
                Fault(_path(one["loc"]), one["type"].upper(), one["msg"])
                for one in error.errors(include_input=False, include_url=False, include_context=False)
            ]
    raise InvalidError("the plan holds values that cannot be taken in", tuple(faults), code="INVALID_REQUEST")


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
    )


def _read_struct(struct: Struct, field: str, faults: list[Fault]) -> dict[str, Json]:
    try:
        return from_struct(struct)
    except ValueFaultError as error:
        faults.append(Fault(field, "VALUE", str(error)))
        return {}


def _read_step(step: PlanStep, args: dict[str, Json]) -> Step:
    return Step(
        id=step.id,
        agent=step.agent,
        action=step.action,
        args=args,
        after=tuple(step.after),
        when=step.when or None,
        on_failure=_read_on_failure(step),
        deadline=step.deadline or None,
    )


def _read_on_failure(step: PlanStep) -> OnFailure:
    match step.WhichOneof("on_failure"):
        case "alternative":
            return Alternative(alternative=step.alternative)
        case "skip":
            return "skip"
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
    )
    match step.on_failure:
        case Alternative(alternative=name):
            made.alternative = name
        case "skip":
            made.skip.CopyFrom(Empty())
        case _:
            made.fail.CopyFrom(Empty())
    return made


def _path(location: tuple[Any, ...]) -> str:
    return "plan" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
