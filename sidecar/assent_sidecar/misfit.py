"""What pydantic finds wrong with a value, in words that do not speak of inputs: those of a plan are something else."""

from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_PLAIN = {"extra_forbidden": "there is no such field", "missing": "is missing"}
_BEFORE = ("Value error, ", "Input ")  # what pydantic puts before what it says


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that is wrong with a value, at its ``place``: the code of it, and what to read behind the place."""

    place: tuple[int | str, ...]
    code: str
    text: str


def misfits(error: ValidationError) -> tuple[Misfit, ...]:
    """Return everything that is wrong, and never what stands there."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return tuple(Misfit(one["loc"], one["type"].upper(), misfit(one)) for one in found)


def misfit(found: ErrorDetails) -> str:
    """Return what is wrong with the value at a place, to be read behind the name of the place."""
    text = _PLAIN.get(found["type"], found["msg"])
    for before in _BEFORE:
        text = text.removeprefix(before)
    return text
