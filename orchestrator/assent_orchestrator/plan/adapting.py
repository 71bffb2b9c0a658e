"""What is wrong with the choices of a plan and with the lists that its steps are done for."""

from collections.abc import Iterator

from assent_orchestrator.errors import Fault
from assent_orchestrator.plan.argument import Surroundings, dangling
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.pointer import PointerError, field, find, split
from assent_orchestrator.plan.reference import Reference, items_scan
from assent_sidecar.bundle.schema import may_be_list
from assent_sidecar.catalogue.process import Step


def choice_faults(plan: Plan) -> Iterator[Fault]:
    """Yield the steps that choices come after and that are not in the plan, and branches that nobody named."""
    present = {step.id for step in plan.steps}
    branches = {step.branch for step in plan.steps}
    for name, choice in plan.choices.items():
        for number, step in enumerate(choice.after):
            if step not in present:
                why = f"there is no step {step!r} in the plan"
                yield Fault(f"choices.{name}.after[{number}]", "DANGLING_REFERENCE", why)
        listed = {branch.name for branch in choice.branches}
        if choice.otherwise and choice.otherwise not in listed and f"{name}.{choice.otherwise}" not in branches:
            why = f"there is no branch {choice.otherwise!r} of {name!r} in the plan"
            yield Fault(f"choices.{name}.otherwise", "DANGLING_REFERENCE", why)


def for_each_faults(root: str, step: Step, around: Surroundings, room: int) -> Iterator[Fault]:
    """Yield what is wrong with the list that the step at ``root`` is done for, as far as it is known.

    ``room`` is how many items the limit of the run's steps leaves.
    """
    if step.for_each is None:
        return
    where = f"{root}.for_each"
    found = items_scan(step)
    for flaw in found.flaws:
        yield Fault(f"{where}.items", flaw.code, flaw.description)
    for reference in found.references:
        why = dangling(reference, around)
        if why:
            place = field(f"{where}.items", step.for_each.items, split(reference.pointer)[1:])
            yield Fault(place, "DANGLING_REFERENCE", why)
            return
    if not may_be_list(around.items(step)):
        yield Fault(f"{where}.items", "NOT_A_LIST", "does not lead to a list")
    elif len(found.references) == 1:
        yield from _of_a_known_list(where, step.for_each.cap, found.references[0], around, room)


def _of_a_known_list(where: str, cap: int, reference: Reference, around: Surroundings, room: int) -> Iterator[Fault]:
    if reference.source.step is not None or around.inputs is None:
        return
    try:
        _, value = find(around.inputs, reference.source.path)
    except PointerError:
        return
    if not isinstance(value, list):
        yield Fault(f"{where}.items", "NOT_A_LIST", "does not lead to a list")
    elif len(value) > cap:
        yield Fault(f"{where}.items", "FOR_EACH_OVER_CAP", f"the list has {len(value)} elements; the cap is {cap}")
    elif len(value) > room:
        yield Fault(
            f"{where}.items", "TOO_MANY_STEPS", f"the list has {len(value)} elements, and {room} steps are left"
        )
