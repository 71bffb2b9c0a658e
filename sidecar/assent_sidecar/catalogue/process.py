"""How work is done: the steps humans wrote, and what may vary."""

from typing import Annotated, Literal

from pydantic import Field, SerializerFunctionWrapHandler, StringConstraints, model_serializer

from assent_sidecar.model import ActionName, Document, Duration, Json, Name
from assent_sidecar.retry import Attempts


class Alternative(Document):
    """Another step that is taken when this one does not succeed."""

    alternative: Name


ItemChoice = Literal["retry", "reconcile", "skip", "compensate"]
"""What a person may choose for a step that failed or is unknown."""


class Ask(Document):
    """Who says what follows when the step does not get on, out of which ``choices``.

    ``reconcile`` is for what is unknown, the others are for what failed. When nobody chooses within ``expires_in``,
    what failed goes as ``otherwise`` says; so does what was denied, at once. What is unknown stays it.
    """

    role: Name
    choices: Annotated[tuple[ItemChoice, ...], Field(min_length=1, max_length=4)]
    expires_in: Duration = "72h"
    otherwise: Literal["fail", "skip", "compensate"] = "fail"


class Asking(Document):
    """A person is asked when this step does not get on."""

    ask: Ask


OnFailure = Literal["fail", "skip", "compensate"] | Alternative | Asking


class Compensation(Document):
    """The action that undoes what a step did; ``agent`` is that of the step where none is named.

    ``args`` may be bound to inputs, to the output of the step itself and to those of the steps that it depends on.
    """

    action: ActionName
    agent: Name | None = None
    args: dict[str, Json] = {}


_LATER = frozenset({"compensation", "retry", "branch", "for_each"})

BranchName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}\.[a-z][a-z0-9_-]{0,62}$")]
"""``choice.branch``."""

MAX_STEPS = 1000
"""Steps and items that one run may ever have, whatever its process says."""


MOST_TIMES = 100
"""How often a plan may do a step at most, whatever its process says."""


class ForEach(Document):
    """A step that is done once for every element of a list, each time decided by itself.

    ``items`` is a binding (``$ref`` or ``$first``) to the list. With more than ``cap`` elements nothing is done at all.
    At most ``at_once`` items are under way at a time; one that waits for people is. The output of the step is the list
    of what its items returned, in order, and null for those that were skipped.
    """

    items: dict[str, Json]
    cap: Annotated[int, Field(ge=1, le=MAX_STEPS)]
    at_once: Annotated[int, Field(ge=1, le=100)] = 1


class Branch(Document):
    """One way that a choice may go. ``when`` names a rule of the process's own policies."""

    name: Name
    when: Name


class Choice(Document):
    """Which of several branches is taken: the first whose rule is true, decided once on real outputs.

    It is asked when the steps of ``after`` are at rest, and the rules see their outputs. Without any true rule
    ``otherwise`` is taken; without that, the choice fails, and the run with it.
    """

    after: tuple[Name, ...] = ()
    branches: Annotated[tuple[Branch, ...], Field(min_length=1, max_length=100)]
    otherwise: Name | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every branch, in the order in which rules are asked, ``otherwise`` last if it is none of them."""
        return tuple(dict.fromkeys([*(one.name for one in self.branches), *filter(None, [self.otherwise])]))


class Step(Document):
    """One action of one agent on one system.

    ``args`` may hold bindings: ``{"$ref": "inputs.account"}``, ``{"$ref": "steps.risk.output.level"}``,
    ``{"$concat": [...]}``, ``{"$first": [...]}`` (the first reference whose step succeeded). ``when`` names a rule of
    the process's own policies that decides on real outputs whether the step is taken. ``compensate`` as
    ``on_failure`` fails the run and undoes what it did, by the ``compensation`` of each step. ``branch`` names the
    branch of a choice that the step belongs to. Inside a step with ``for_each``, ``{"$ref": "item"}`` is the element.
    ``ask`` as ``on_failure`` puts the step before a person.
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
    branch: BranchName | None = None
    for_each: ForEach | None = None

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Json]:
        """Leave out what nobody said and earlier versions did not know: a plan keeps the digest that it had."""
        written: dict[str, Json] = write(self)
        return {name: value for name, value in written.items() if value is not None or name not in _LATER}


class Variation(Document):
    """What a plan may change of its process; everything else is an amendment.

    ``skip`` names steps that may be left out, and with ``reorder`` every ``after`` is free. ``choose`` names choices of
    which a plan may close some branches, and steps whose alternative it may take at once. ``repeat`` says of steps how
    often a plan may do them at most, one time behind the other.
    """

    skip: tuple[Name, ...] = ()
    reorder: bool = False
    choose: tuple[Name, ...] = ()
    repeat: dict[Name, Annotated[int, Field(ge=2, le=MOST_TIMES)]] = {}


class Process(Document):
    """A versioned, owned description of a piece of work.

    ``inputs`` is a JSON Schema (2020-12). ``on_no_decision`` says what a run does when no decision can be had because
    the engine is away: ``wait`` for it (nothing happens meanwhile) or ``fail``. ``max_steps`` limits the
    steps of a run, items included. ``deadline`` is the time that a run has from its submission on; ``on_deadline`` says
    whether what it did until then stays or is undone.
    """

    name: Name
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$")]
    title: str
    owner: str
    department: Name
    inputs: dict[str, Json]
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS)]
    choices: Annotated[dict[Name, Choice], Field(max_length=100)] = {}
    max_steps: Annotated[int, Field(ge=1, le=MAX_STEPS)] = MAX_STEPS
    may: Variation = Variation()
    on_no_decision: Literal["wait", "fail"] = "wait"
    deadline: Duration | None = None
    on_deadline: Literal["fail", "compensate"] = "fail"
