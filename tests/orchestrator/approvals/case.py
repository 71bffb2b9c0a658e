"""What a case of approvals says: data (tests/cases/approvals/*.yaml), read once; its README says what it means."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from ruamel.yaml import YAML

from assent_sidecar.model import Duration, seconds

FOLDER = Path(__file__).parents[2] / "cases/approvals"

DEFAULT_RUN = "run"
FIRST = "sam"
"""Who submits, unless a step says otherwise."""

Wants = Annotated[tuple[str, ...], BeforeValidator(lambda said: (said,) if isinstance(said, str) else said)]
"""Words that the answer must have: its status code, its reason, or a word of its details."""

States = Annotated[tuple[str, ...], BeforeValidator(lambda said: (said,) if isinstance(said, str) else said)]
Event = Annotated[str, StringConstraints(pattern=r"^[a-z]+(\.[a-z_]+)+( \S+)?$")]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Said):
    """A caller of the case. ``id`` is the same for one person with two tokens; ``acts_for`` as in the token file."""

    id: str = ""
    roles: tuple[str, ...] = ()
    acts_for: dict[str, tuple[str, ...]] = {}


def _person(said: Any) -> Any:
    return {"roles": said} if isinstance(said, list) else said


class Sees(_Said):
    """What is to be so at last, of one run; waited for, but not for long."""

    run: str | None = None
    steps: dict[str, str] = {}
    reasons: dict[str, str] = {}
    approvals: dict[str, States] = {}
    """The states of all requests of a step, in the order in which they were made."""
    calls: dict[str, int] = {}
    """How often an operation was really done for the run."""


class Ends(Sees):
    """How the case ends: of the run named ``run``, and in the trail of its tenant."""

    trail: tuple[Event | dict[str, Any], ...] = ()
    """Records that are there in this order, others between them: ``event step``, or parts of a record."""
    never: tuple[Event | dict[str, Any], ...] = ()
    never_both: tuple[Event, Event] | None = None
    """Whichever of two came first, the other did not happen."""
    counts: dict[Event, int] = {}
    """How often an event is there."""


class Tool(_Said):
    """What an operation of the tool server does. Without anything, it succeeds with its arguments' echo."""

    returns: Any = None
    fails: str | None = None
    effect: Literal["none", "unknown"] = "none"
    retryable: bool = False
    lookup: Literal["done", "not_done", "unknown", "none", "truth"] = "unknown"
    """What it says afterwards became of a call; ``none``: it has no Lookup, ``truth``: what really became of it."""


class _Turn(_Said):
    """``at``: how long after the beginning of the case; without it, at once after what was before."""

    at: Duration | None = None
    who: str = FIRST
    on: str = DEFAULT_RUN
    """The name of the run that it is about, as ``submit`` gave it."""
    via: Literal[0, 1] = 0
    """Which of two servers on the one database is called."""
    wants: Wants = ("OK",)
    answers: dict[str, Any] | None = None
    sees: Sees | None = None


class Submit(_Turn):
    """Submit the case's process."""

    does: Literal["submit"]
    inputs: dict[str, Any] | None = None
    on_behalf_of: str | None = None


class _OfApproval(_Turn):
    """``step``: whose newest approval it is about; without it, the run's newest."""

    step: str | None = None
    seen: str | None = None
    """What a ``look`` kept under this name is used, instead of what there is now."""


class Answer(_OfApproval):
    """Answer an approval, by what the person is shown in that moment, unless something else is said."""

    does: Literal["approve", "reject"]
    rationale: str = "looked at it"
    etag: str | None = None
    presented_digest: str | None = None
    more: dict[str, Any] = {}
    """Other fields of DecideApprovalRequest."""


class Look(_OfApproval):
    """Open an approval. ``keep`` is a name for what was seen."""

    does: Literal["look"]
    keep: str | None = None


class Withdraw(_OfApproval):
    """Take an own yes back."""

    does: Literal["withdraw"]


class Choose(_OfApproval):
    """Answer a work item."""

    does: Literal["choose"]
    choice: str
    rationale: str = "looked at it"
    more: dict[str, Any] = {}


class Cancel(_Turn):
    """Cancel the run."""

    does: Literal["cancel"]


class Bundle(_Turn):
    """Put other policies in force: what is not said stays. Without anything said, only the revision changes."""

    does: Literal["bundle"]
    approval: dict[str, Any] | Literal["none"] | None = None
    handoff: dict[str, Any] | Literal["none"] | None = None
    policy: str | None = None


class Tools(_Turn):
    """Change what the tool server does."""

    does: Literal["tools"]
    tools: dict[str, Tool]


class Kill(_Turn):
    """Kill the server with -9 and start it again on what it left, ``down`` later: its clock has gone on meanwhile.

    ``replaced``: it is not started again, but another one, which was there before, takes its runs over.
    """

    does: Literal["kill"]
    down: Duration = "0s"
    replaced: bool = False


class UsePermit(_Turn):
    """Call the tool server past Assent, with the permit that it was given for an operation."""

    does: Literal["use_permit"]
    operation: str
    how: Literal["again", "for_other_arguments", "forged", "without"]


class Call(_Turn):
    """Call any method of ApprovalService, DelegationService, RunService or StopService.

    Texts may hold ``{parent}``, ``{run}``, ``{approval}``, ``{now}``.
    ``keep`` is a name under which the ``name`` of the answer can be put into later requests, in braces. ``{+90d}`` is
    a moment so long after the beginning of the case.
    """

    does: Literal["call"]
    method: str
    request: dict[str, Any] = {}
    step: str | None = None
    keep: str | None = None


class Wait(_Turn):
    """Do nothing, but let time pass, or see."""

    does: Literal["wait"]


class Together(_Turn):
    """Several turns at once. ``outcomes`` are what they come to, in any order; alternatives have a bar between them."""

    does: Literal["together"]
    turns: tuple[Answer | Withdraw | Choose | Call | Cancel, ...]
    outcomes: tuple[str, ...]


Turn = Annotated[
    Submit | Answer | Look | Withdraw | Choose | Cancel | Bundle | Tools | Kill | UsePermit | Call | Wait | Together,
    Field(discriminator="does"),
]


class Case(_Said):
    """One case. ``process`` is a process file without what every one has; ``approval`` what is asked before effects.

    ``handoff`` is what is asked before work passes from one agent to the other.
    """

    name: str
    requirement: str | tuple[str, ...] = ()
    people: dict[str, Annotated[Person, BeforeValidator(_person)]] = {}
    process: dict[str, Any] = Field(default_factory=lambda: {"steps": [PAY]})
    inputs: dict[str, Any] = {}
    approval: dict[str, Any] | None = None
    handoff: dict[str, Any] | None = None
    policy: str = ""
    tools: dict[str, Tool] = {}
    sequence: Annotated[tuple[Turn, ...], Field(min_length=1)]
    ends: Ends = Ends()

    file: str = ""
    slug: str = ""

    @property
    def callers(self) -> dict[str, Person]:
        """Everybody, by the name that turns use."""
        everybody = {FIRST: Person(roles=("submitter",)), "otto": Person(roles=("operator",))}
        everybody |= {"audra": Person(roles=("auditor",))} | self.people
        return {name: person.model_copy(update={"id": person.id or name}) for name, person in everybody.items()}


PAY: dict[str, Any] = {"id": "pay", "action": "box.put", "args": {"amount": 100, "to": "ACME"}}
"""What a case does that says nothing of its own: one step that pays."""


class CaseError(Exception):
    """A case file is not as it should be; the message says where."""


def read_cases(folder: Path = FOLDER) -> tuple[Case, ...]:
    """Return the cases of all files, each with a ``slug`` that no other has.

    Raises:
        CaseError: a file cannot be read.
    """
    found: list[Case] = []
    for file in sorted(folder.glob("*.yaml")):
        said = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
        try:
            cases = TypeAdapter(tuple[Case, ...]).validate_python(said)
        except ValidationError as error:
            raise CaseError(f"{file.name}: {_faults(said, error)}") from error
        for number, case in enumerate(cases, 1):
            slug = re.sub(r"[^a-z0-9]+", "_", file.stem) + f"_{number}"
            found.append(case.model_copy(update={"file": file.name, "slug": slug}))
            _check(found[-1])
    return tuple(found)


def _check(case: Case) -> None:
    if not case.requirement or not case.ends.model_fields_set:
        raise CaseError(f"{case.file}: {case.name}: says not what it proves (requirement), or not how it ends (ends)")
    ahead = 0.0
    for number, turn in enumerate(case.sequence, 1):
        where = f"{case.file}: {case.name}: turn {number} ({turn.does})"
        people = {one.who for one in (turn.turns if isinstance(turn, Together) else (turn,))}
        strangers = people - set(case.callers)
        if strangers:
            raise CaseError(f"{where}: {', '.join(sorted(strangers))} is not among the people of the case")
        if turn.at is not None:
            if seconds(turn.at) < ahead:
                raise CaseError(f"{where}: time does not go back to {turn.at}")
            ahead = seconds(turn.at)


def _faults(said: Any, error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        place = fault["loc"]
        known = isinstance(said, list) and place and isinstance(place[0], int) and isinstance(said[place[0]], dict)
        name = said[place[0]].get("name", "") if known else ""
        lines.append(f"{name}: {'.'.join(map(str, place[1:] if name else place))}: {fault['msg']}")
    return "\n  ".join(lines)
