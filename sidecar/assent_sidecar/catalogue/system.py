"""What agents can reach: systems and their operations."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assent_sidecar.facts import Effect, Labels
from assent_sidecar.model import Document, Duration, Json, Name


class Operation(Document):
    """One thing a system can do.

    ``arguments`` and ``result`` are JSON Schemas (2020-12). ``idempotent`` says that doing it twice with one
    idempotency key is doing it once. ``labels`` classify the result, by JSON pointer.
    """

    title: str
    effect: Effect
    idempotent: bool = False
    arguments: dict[str, Json]
    result: dict[str, Json]
    labels: Labels = {}
    timeout: Duration = "30s"


class Breaker(Document):
    """When a system is left alone: after ``failures`` in a row, begun ``within`` this time, it is for ``open_for``."""

    failures: Annotated[int, Field(ge=1, le=1000)] = 5
    within: Duration = "60s"
    open_for: Duration = "30s"


class System(Document):
    """One enterprise system. ``tool_server`` names the server that speaks for it; settings say where it listens.

    Of the kind ``agent`` it is a service that acts as ``agent`` of the catalogue: while it does what it is called for,
    it may ask for further actions as that agent. Without a ``breaker`` it is called however often it failed. With a
    ``content``, what is read from it was written by others, or made of what others wrote: that has to be labelled.
    """

    name: Name
    title: str
    owner: str
    tool_server: Name
    operations: Annotated[dict[Name, Operation], Field(min_length=1)]
    breaker: Breaker | None = None
    kind: Literal["tools", "agent"] = "tools"
    agent: Name | None = None
    content: Literal["documents", "mail", "tickets", "model"] | None = None

    @model_validator(mode="after")
    def _one_agent(self) -> Self:
        if (self.kind == "agent") != (self.agent is not None):
            raise ValueError("a system of the kind agent, and no other, says as which agent it acts")
        return self
