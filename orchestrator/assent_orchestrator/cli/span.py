"""Durations as people type them."""

from pydantic import TypeAdapter, ValidationError

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem
from assent_sidecar.model import Duration, seconds

_DURATION: TypeAdapter[str] = TypeAdapter(Duration)


def read_duration(text: str, option: str, *, least: str = "") -> float:
    """Return the seconds of a duration such as ``24h``, which an option was given; ``least`` is the shortest it takes.

    Raises:
        Problem: it is none, nothing, or too short.
    """
    try:
        length = seconds(_DURATION.validate_python(text))
    except ValidationError as error:
        raise Problem(f"{option}: {text!r} is no duration; write 24h, 90m or 30s", ExitCode.USAGE) from error
    if length <= 0:
        raise Problem(f"{option} must be longer than nothing; write 24h, 90m or 30s", ExitCode.USAGE)
    if least and length < seconds(least):
        raise Problem(f"{option} is too short; give it {least} or more", ExitCode.USAGE)
    return length
