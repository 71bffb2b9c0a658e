"""What pydantic finds wrong with a value, in words that do not speak of inputs: those of a plan are something else."""

from pydantic_core import ErrorDetails

_PLAIN = {"extra_forbidden": "there is no such field", "missing": "is missing"}
_BEFORE = ("Value error, ", "Input ")  # what pydantic puts before what it says


def misfit(found: ErrorDetails) -> str:
    """Return what is wrong with the value at a place, to be read behind the name of the place."""
    text = _PLAIN.get(found["type"], found["msg"])
    for before in _BEFORE:
        text = text.removeprefix(before)
    return text
