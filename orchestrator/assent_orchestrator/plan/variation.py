"""What a plan may choose and repeat, where its process says so. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from assent_orchestrator.plan.reference import is_binding
from assent_sidecar.catalogue.process import Alternative, Choice, Process, Step
from assent_sidecar.model import Json


@dataclass(frozen=True, slots=True)
class Varied:
    """How a plan that conforms differs from its process.

    ``skipped`` are steps that it leaves out, ``reordered`` those it orders otherwise, ``repeated`` those it does once
    more. ``chosen`` are the branches (``choice.branch``) that it leaves open, and alternatives that it takes at once.
    """

    skipped: tuple[str, ...] = ()
    reordered: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


def narrows(given: Choice | None, wanted: Choice | None) -> bool:
    """Say whether a choice is another one with fewer ways, each behind its rule and in the same order.

    What is taken ``otherwise``, without a rule, is not among them: where other ways are closed, it would be taken
    although the process has another one taken.
    """
    if given is None or wanted is None or given == wanted:
        return False
    ways = iter(wanted.branches)
    return given.after == wanted.after and given.otherwise is None and all(one in ways for one in given.branches)


def taken_instead(process: Process, present: Collection[str]) -> frozenset[str]:
    """Return the steps that a plan leaves out because it takes their alternative at once, as the process lets it."""
    alternatives = {
        step.id: step.on_failure.alternative for step in process.steps if isinstance(step.on_failure, Alternative)
    }
    still_replacing = {other for name, other in alternatives.items() if name in present}
    return frozenset(
        name
        for name, other in alternatives.items()
        if name in process.may.choose and name not in present and other in present and other not in still_replacing
    )


def repeated_step(process: Process, name: str) -> str:
    """Return of which step ``name`` is one more time, by the process; of any other step, itself."""
    original, _, number = name.rpartition("-")
    most = process.may.repeat.get(original, 0)
    return original if number in {str(time) for time in range(2, most + 1)} else name


def once_more(process: Process, name: str) -> Step | None:
    """Return a step as it is done once more: behind the time before. None: the process lets no plan do that.

    What undoes it is bound to what this time returned.
    """
    original = repeated_step(process, name)
    if original == name:
        return None
    [step] = (one for one in process.steps if one.id == original)
    undo = step.compensation
    if undo is not None:
        args = {key: _renamed(value, original, name) for key, value in undo.args.items()}
        undo = undo.model_copy(update={"args": args})
    after = (time_before(name), *step.after)
    return step.model_copy(update={"id": name, "after": after, "compensation": undo})


def time_before(name: str) -> str:
    """Return the id of the time before: of ``look-3``, ``look-2``; of ``look-2``, ``look``."""
    original, _, number = name.rpartition("-")
    return original if number == "2" else f"{original}-{int(number) - 1}"


def _renamed(value: Json, before: str, after: str) -> Json:
    """Return a value with its bindings to one step as bindings to another one."""
    if isinstance(value, list):
        return [_renamed(one, before, after) for one in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if is_binding(value) and isinstance(reference, str):
        root = f"steps.{before}."
        return {"$ref": f"steps.{after}.{reference.removeprefix(root)}"} if reference.startswith(root) else value
    return {key: _renamed(one, before, after) for key, one in value.items()}
