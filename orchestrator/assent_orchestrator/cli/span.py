"""Durations as people type them."""

from pydantic import TypeAdapter, ValidationError

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem
from assent_sidecar.model import Duration, seconds

_DURATION: TypeAdapter[str] = TypeAdapter(Duration)


def read_duration(text: str, option: str) -> float:
    """Return the seconds of a duration such as ``24h``, which an option was given.

    Raises:
        Problem: it is none, or nothing.
    """
    try:
        length = seconds(_DURATION.validate_python(text))
    except ValidationError as error:
        raise Problem(f"{text!r} is no duration; write 24h, 90m or 30s", ExitCode.USAGE) from error
    if length <= 0:
        raise Problem(f"{option} must be longer than nothing; give it a minute or more", ExitCode.USAGE)
    return length
