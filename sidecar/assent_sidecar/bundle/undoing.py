"""What a process says of how its steps are undone: with what is known by then, and nothing else."""

from collections.abc import Iterator

from assent_sidecar.bundle.choices import Flaw, before, bound
from assent_sidecar.catalogue.process import Process


def check_undoing(process: Process) -> Iterator[Flaw]:
    """Yield each binding of a compensation to a step that its own does not depend on: no plan may have it."""
    led_to_it = before(process)
    if not led_to_it:
        return  # steps that wait for one another are a fault of their own
    ids = {step.id for step in process.steps}
    for index, step in enumerate(process.steps):
        if step.compensation is None:
            continue
        known = {step.id, *led_to_it[step.id]}
        for need in bound(step.compensation.args, ("steps", index, "compensation", "args")):
            for name in need.candidates:
                if name in ids and name not in known:
                    yield need.place, f"the step {step.id!r} does not depend on {name!r}, so it is undone without it"
