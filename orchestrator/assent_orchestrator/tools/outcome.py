"""What came of a call of a tool."""

from dataclasses import dataclass, field
from typing import Literal

from assent_sidecar.facts import Labels
from assent_sidecar.model import Json

EffectKnown = Literal["none", "unknown"]


@dataclass(frozen=True, slots=True)
class Success:
    """It was done; ``result`` is JSON, finite and bounded, but not yet checked against the operation's schema.

    ``labels`` are what it carries beside those that the catalogue gives to every result of its operation.
    """

    result: Json
    labels: Labels = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Failure:
    """It was not done (``effect`` is ``none``), or nobody knows (``unknown``).

    ``code`` is UPPER_SNAKE; ``message`` is for people and, when the tool wrote it, untrusted. ``retryable`` says that
    the same call may succeed later; whether it may be made again is not for the tool to say.
    """

    code: str
    message: str
    retryable: bool
    effect: EffectKnown


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool server says became of an effect; ``result`` is set when it was done.

    ``unknown`` may be another answer later; ``never``: the server has no Lookup, there is no point in asking again.
    """

    status: Literal["done", "not_done", "unknown", "never"]
    result: Json = None


@dataclass(frozen=True, slots=True)
class Offered:
    """One operation that a tool server says it has; ``effect`` as in the catalogue, or empty when it does not say."""

    action: str
    effect: str
    idempotent: bool


@dataclass(frozen=True, slots=True)
class Description:
    """What a tool server says of itself."""

    name: str
    version: str
    operations: tuple[Offered, ...]


TOOL_SERVER_UNKNOWN = "TOOL_SERVER_UNKNOWN"
"""No address is configured for the tool server."""

TOOL_UNAVAILABLE = "TOOL_UNAVAILABLE"
"""No connection could be had; nothing was sent."""

TOOL_TIMEOUT = "TOOL_TIMEOUT"
"""No answer in time."""

TOOL_LOST = "TOOL_LOST"
"""The connection broke, or the server did, after the call was sent."""

TOOL_REFUSED = "TOOL_REFUSED"
"""The server does not take the caller's word for the permit."""

TOOL_UNIMPLEMENTED = "TOOL_UNIMPLEMENTED"
"""The server does not have the method, or does not know the operation; nothing was done."""

TOOL_EXHAUSTED = "TOOL_EXHAUSTED"
"""The server answered more than a message may hold, or had no room for the call."""

TOOL_ERROR = "TOOL_ERROR"
"""The tool failed and gave no code that could be used."""

RESULT_INVALID = "RESULT_INVALID"
"""The tool answered with what cannot be used."""

ARGUMENTS_TOO_LARGE = "ARGUMENTS_TOO_LARGE"
"""The call is larger than a message may be; nothing was sent."""

ARGUMENTS_INVALID = "ARGUMENTS_INVALID"
"""The arguments cannot travel; nothing was sent."""

OURS = frozenset(
    {
        TOOL_SERVER_UNKNOWN,
        TOOL_UNAVAILABLE,
        TOOL_TIMEOUT,
        TOOL_LOST,
        TOOL_REFUSED,
        TOOL_UNIMPLEMENTED,
        TOOL_EXHAUSTED,
        TOOL_ERROR,
        RESULT_INVALID,
        ARGUMENTS_TOO_LARGE,
        ARGUMENTS_INVALID,
    }
)
"""The codes that we give; any other is in the words of a tool server."""
