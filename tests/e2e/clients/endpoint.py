"""What a client in another language is given."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Endpoint:
    """A server: its gRPC address, a token of a caller, and a SubmitPlanRequest as JSON that this caller may make."""

    address: str
    token: str
    plan: dict[str, Any]
