"""The base of every document that crosses a boundary: frozen, strict, unknown keys refused."""

import json
import re
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
"""What humans name: systems, operations, agents, processes, steps, labels, ledgers."""

ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}\.[a-z][a-z0-9_-]{0,62}$")]
"""``system.operation``."""

ReasonCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
"""Why: UPPER_SNAKE, few of them, never holding user content."""

Pointer = Annotated[str, StringConstraints(pattern=r"^(/([^~/]|~[01])*)*$")]
"""A JSON pointer (RFC 6901); the empty string is the whole document."""

Duration = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(ms|s|m|h|d)$")]
"""A duration such as ``30s`` or ``72h``."""

Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,9})?$")]
"""An exact decimal, as text: JSON numbers are not exact."""

Json = Any
"""A JSON value."""

_RFC3339 = re.compile(r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)


def _written_out(value: Any) -> Any:
    """Refuse the numbers (and numbers as text) that pydantic would take for seconds since 1970."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and not _RFC3339.match(value)):
        raise ValueError("a moment is an RFC 3339 timestamp with an offset")
    return value


Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written_out)]
"""A point in time (RFC 3339, with an offset)."""

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Document(BaseModel):
    """A frozen, strict document; a key that is not declared is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read a JSON value (arrays become tuples, as in JSON mode).

        Raises:
            pydantic.ValidationError: the value is not such a document.
            ValueError: the value is not JSON at all.
        """
        return cls.model_validate_json(json.dumps(value, allow_nan=False))

    def to_json(self) -> dict[str, Json]:
        """Return the document as JSON values, under the names it has outside of Python."""
        return self.model_dump(mode="json", by_alias=True)


def seconds(duration: str) -> float:
    """Return the seconds of a ``Duration``."""
    unit = duration.lstrip("0123456789")
    return int(duration.removesuffix(unit)) * _SECONDS[unit]
