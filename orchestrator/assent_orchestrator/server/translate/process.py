"""Processes, in both directions: the command line compares what it reads."""

from assent.v1 import plans_pb2
from assent.v1 import processes_pb2 as wire
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.server.names import process_name
from assent_orchestrator.server.translate.plan import read_plan, write_plan
from assent_orchestrator.tools.value import from_struct, to_struct
from assent_sidecar.catalogue.process import Process


def write_process(tenant: str, process: Process, revision: str, *, whole: bool = True) -> wire.Process:
    """Return a process as callers of a tenant know it; without ``whole``, only what it is and whose."""
    made = wire.Process(
        name=process_name(tenant, process.name),
        version=process.version,
        title=process.title,
        owner=process.owner,
        department=process.department,
        may=wire.Variation(
            skip=process.may.skip,
            reorder=process.may.reorder,
            choose=process.may.choose,
            repeat=process.may.repeat,
        ),
        max_steps=process.max_steps,
        on_no_decision=process.on_no_decision,
        deadline=process.deadline or "",
        on_deadline=process.on_deadline,
        revision=revision,
    )
    if whole:
        plan = write_plan(Plan(process=process.name, steps=process.steps, choices=process.choices))
        made.steps.extend(plan.steps)
        for name, choice in plan.choices.items():
            made.choices[name].CopyFrom(choice)
        made.inputs.CopyFrom(to_struct(process.inputs))
    return made


def read_process(process: wire.Process) -> Process:
    """Return a process that a server showed.

    Raises:
        InvalidError: this version cannot read it.
        ValueFaultError: its schema of inputs holds what cannot be taken in.
        ValidationError: it is not of the shape of a process.
    """
    name = process.name.rpartition("/")[2]
    plan = read_plan(plans_pb2.Plan(process=name, steps=process.steps, choices=process.choices))
    return Process.from_json(
        {
            "name": name,
            "version": process.version,
            "title": process.title,
            "owner": process.owner,
            "department": process.department,
            "inputs": from_struct(process.inputs),
            "steps": [step.to_json() for step in plan.steps],
            "choices": {each: choice.to_json() for each, choice in plan.choices.items()},
            "may": {
                "skip": list(process.may.skip),
                "reorder": process.may.reorder,
                "choose": list(process.may.choose),
                "repeat": dict(process.may.repeat),
            },
            "max_steps": process.max_steps,
            "on_no_decision": process.on_no_decision,
            "deadline": process.deadline or None,
            "on_deadline": process.on_deadline,
        }
    )
