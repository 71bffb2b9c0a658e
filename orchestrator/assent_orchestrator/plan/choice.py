"""Choices as nodes of a run beside its steps: what their rows are called, what they wait for."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from assent_sidecar.catalogue.process import Choice, Process, Step

if TYPE_CHECKING:
    from assent_orchestrator.plan.model import Plan

_SUFFIX = ".choice"


def choice_row(name: str) -> str:
    """Return the id of the row of a choice; no step has one like it, for names hold no dot."""
    return f"{name}{_SUFFIX}"


def choice_of(row_id: str) -> str | None:
    """Return the choice that a row is of; None: it is a step's."""
    return row_id.removesuffix(_SUFFIX) if row_id.endswith(_SUFFIX) else None


def choice_of_step(step: Step) -> str | None:
    """Return the choice that decides whether a step is taken, or None."""
    return step.branch.partition(".")[0] if step.branch else None


def as_steps(choices: Mapping[str, Choice]) -> tuple[Step, ...]:
    """Return choices as what they are to a graph: steps without an action, each behind what it comes after."""
    return tuple(
        Step.model_construct(id=choice_row(name), agent="", action="", after=choice.after)
        for name, choice in choices.items()
    )


def nodes(plan: "Plan") -> tuple[Step, ...]:
    """Return everything of a plan that comes to rest by itself, in the order in which it is shown.

    A choice stands before the first step of its branches.
    """
    waiting = {step.id: step for step in as_steps(plan.choices)}
    found: list[Step] = []
    for step in plan.steps:
        name = choice_of_step(step)
        chosen = waiting.pop(choice_row(name), None) if name else None
        found.extend((chosen, step) if chosen else (step,))
    return (*found, *waiting.values())


def choices_of(process: Process, present: Collection[str]) -> dict[str, Choice]:
    """Return the choices of a process for a plan of these steps.

    A choice that comes after a step that is left out comes after what that depends on.
    """
    from assent_orchestrator.plan.graph import Graph  # noqa: PLC0415 - a graph has choices in it

    if all(name in present for choice in process.choices.values() for name in choice.after):
        return process.choices
    graph = Graph.of(process.steps, process.choices)
    return {
        name: choice.model_copy(update={"after": tuple(sorted(graph.through(choice.after, present)))})
        for name, choice in process.choices.items()
    }
