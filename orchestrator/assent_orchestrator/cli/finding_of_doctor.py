"""What the doctor says of one thing."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: ``ok``, ``warn`` (it works, or is not needed now) or ``fail``, and what to do about it."""

    level: Literal["ok", "warn", "fail"]
    subject: str
    text: str
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return asdict(self)
