"""How often something is tried, and how long is waited in between."""

from typing import Annotated

from pydantic import Field

from assent_sidecar.model import Document, Duration


class Attempts(Document):
    """``max_attempts`` in all, the first included; ``backoff`` after it, then ``factor`` times as long each time."""

    max_attempts: Annotated[int, Field(ge=1, le=100)]
    backoff: Duration = "1s"
    factor: Annotated[float, Field(ge=1, le=10)] = 2.0
    max_backoff: Duration = "60s"
