"""How work is done: the steps humans wrote, and what may vary."""

from typing import Annotated, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from assent_sidecar.model import ActionName, Document, Duration, Json, Name
from assent_sidecar.retry import Attempts


class Alternative(Document):
    """Another step that is taken when this one does not succeed."""

    alternative: Name


OnFailure = Literal["fail", "skip", "compensate"] | Alternative


class Compensation(Document):
    """The action that undoes what a step did; ``agent`` is that of the step where none is named.

    ``args`` may be bound to inputs, to the output of the step itself and to those of the steps that it depends on.
    """

    action: ActionName
    agent: Name | None = None
    args: dict[str, Json] = {}


_LATER = frozenset({"compensation", "retry"})


class Step(Document):
    """One action of one agent on one system.

    ``args`` may hold bindings: ``{"$ref": "inputs.account"}``, ``{"$ref": "steps.risk.output.level"}``,
    ``{"$concat": [...]}``, ``{"$first": [...]}`` (the first reference whose step succeeded). ``when`` names a rule of
    the process's own policies that decides on real outputs whether the step is taken. ``compensate`` as
    ``on_failure`` fails the run and undoes what it did, by the ``compensation`` of each step.
    """

    id: Name
    agent: Name
    action: ActionName
    args: dict[str, Json] = {}
    after: tuple[Name, ...] = ()
    when: Name | None = None
    on_failure: OnFailure = "fail"
    deadline: Duration | None = None
    compensation: Compensation | None = None
    retry: Attempts | None = None

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Json]:
        """Leave out what nobody said and earlier versions did not know: a plan keeps the digest that it had."""
        written: dict[str, Json] = write(self)
        return {name: value for name, value in written.items() if value is not None or name not in _LATER}


class Variation(Document):
    """What a plan may change of its process; everything else is an amendment."""

    skip: tuple[Name, ...] = ()
    reorder: bool = False


class Process(Document):
    """A versioned, owned description of a piece of work.

    ``inputs`` is a JSON Schema (2020-12). ``on_no_decision`` says what a run does when no decision can be had because
    the engine is away: ``wait`` for it (nothing happens meanwhile) or ``fail``.
    """

    name: Name
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$")]
    title: str
    owner: str
    department: Name
    inputs: dict[str, Json]
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=1000)]
    may: Variation = Variation()
    on_no_decision: Literal["wait", "fail"] = "wait"
