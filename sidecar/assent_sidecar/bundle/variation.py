"""What is wrong with what a process lets its plans vary."""

from collections.abc import Iterator

from assent_sidecar.bundle.source import Location
from assent_sidecar.catalogue.process import Alternative, Process


def check_variation(process: Process) -> Iterator[tuple[Location, str]]:
    """Yield names that mean nothing where they stand, or more than one thing."""
    steps = {step.id: step for step in process.steps}
    replaced = {
        step.id: step.on_failure.alternative for step in process.steps if isinstance(step.on_failure, Alternative)
    }
    for index, name in enumerate(process.may.skip):
        if name not in steps:
            yield ("may", "skip", index), f"there is no step {name!r}"
    for index, name in enumerate(process.may.choose):
        where: Location = ("may", "choose", index)
        if name in process.choices and name in replaced:
            yield where, f"{name!r} is a choice and a step that has an alternative; give one of them another name"
        elif name not in process.choices and name not in replaced:
            yield where, f"{name!r} is neither a choice nor a step that has an alternative"
    for name, most in process.may.repeat.items():
        where = ("may", "repeat", name)
        if name not in steps:
            yield where, f"there is no step {name!r}"
        elif name in replaced or name in replaced.values():
            yield where, f"{name!r} has an alternative or is one, and is not repeated"
        taken = [other for other in (f"{name}-{time}" for time in range(2, most + 1)) if other in steps]
        if taken:
            yield where, f"the step {taken[0]!r} has the name of a repetition"
