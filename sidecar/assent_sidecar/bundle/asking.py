"""What a process says of the steps that are put before a person when they do not get on."""

from collections.abc import Iterator

from assent_sidecar.bundle.choices import Flaw
from assent_sidecar.catalogue.process import Asking, Process


def check_asking(process: Process) -> Iterator[Flaw]:
    """Yield what is named twice, and what cannot be asked: one answer would have to be for many items."""
    for index, step in enumerate(process.steps):
        if not isinstance(step.on_failure, Asking):
            continue
        at = ("steps", index, "on_failure", "ask")
        if step.for_each is not None:
            yield at, "a step with for_each is not put before anybody: say fail, skip, compensate or an alternative"
        choices = step.on_failure.ask.choices
        for place, choice in enumerate(choices):
            if choice in choices[:place]:
                yield (*at, "choices", place), f"{choice!r} is there twice"
