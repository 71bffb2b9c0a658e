"""Who may answer, and when the answers are enough. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assent_orchestrator.caller import one_person
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.model import Json, seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's yes or no to one stage, given in one of their roles.

    ``digest`` is that of the action the person means: the one that was shown, with the ``edits`` (values by pointer)
    in it; ``presented_digest`` is that of all that was shown. ``stands_for`` is whom the approver stood in for. An
    answer that was withdrawn counts for nothing. ``choice`` is what was chosen for a work item.
    """

    stage: int
    role: str
    approver: str
    roles: frozenset[str]
    approved: bool
    at: datetime
    digest: str
    rationale: str = ""
    stands_for: str | None = None
    edits: Mapping[str, Json] = field(default_factory=dict)
    break_glass: bool = False
    withdrawn_at: datetime | None = None
    number: int = 0
    presented_digest: str = ""
    choice: str | None = None

    @property
    def persons(self) -> frozenset[str]:
        """Who stands behind it: whoever answered, and whom they stood in for."""
        return frozenset(one_person(one) for one in (self.approver, self.stands_for) if one is not None)

    @property
    def stands(self) -> bool:
        """Whether it is a yes that was not withdrawn."""
        return self.approved and self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class Person:
    """Who wants to answer, in which roles, and whom they stand in for."""

    id: str
    roles: frozenset[str]
    stands_for: str | None = None

    @property
    def persons(self) -> frozenset[str]:
        """Who would stand behind the answer."""
        return frozenset(one_person(one) for one in (self.id, self.stands_for) if one is not None)


@dataclass(frozen=True, slots=True)
class Involved:
    """Those whose own business this is: they never answer their own question, whatever a policy says.

    ``alone`` are those who stand behind what is reviewed.
    """

    principal: str
    submitter: str
    process_owner: str
    alone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Age:
    """How long a question has stood, in seconds; ``extended``: nobody answered in time, and it was put once more."""

    seconds: float
    extended: bool = False


NEW = Age(0.0)


@dataclass(frozen=True, slots=True)
class Seat:
    """The stage that an answer counts for, and the role it is given in."""

    stage: int
    role: str


def unmet_stages(requirement: ApprovalRequirement, answers: Sequence[Answer]) -> tuple[int, ...]:
    """Return the stages whose quorum of distinct persons is not met; none of them once somebody broke the glass."""
    if any(answer.break_glass and answer.stands for answer in answers):
        return ()
    stages = enumerate(requirement.stages)
    return tuple(number for number, stage in stages if _distinct(requirement, answers, number) < stage.quorum)


def open_stages(requirement: ApprovalRequirement, answers: Sequence[Answer]) -> tuple[int, ...]:
    """Return the stages that can be answered now: the next one, or all where they may be answered in any order."""
    unmet = unmet_stages(requirement, answers)
    return unmet if requirement.order == "parallel" else unmet[:1]


def roles_asked(requirement: ApprovalRequirement) -> tuple[str, ...]:
    """Return the roles that may answer from the beginning, each once, those of the stages first."""
    stages = requirement.stages
    glass = requirement.break_glass.roles if requirement.break_glass else ()
    substitutes = [role for stage in stages for role in stage.substitutes]
    return tuple(dict.fromkeys((*(stage.role for stage in stages), *substitutes, *glass)))


def roles_now(requirement: ApprovalRequirement, answers: Sequence[Answer], age: Age) -> tuple[str, ...]:
    """Return the roles that may answer one of the open stages now, each once."""
    stages = open_stages(requirement, answers)
    return tuple(dict.fromkeys(role for number in stages for role in _may_answer(requirement, number, age)))


def seat_of(
    requirement: ApprovalRequirement, answers: Sequence[Answer], person: Person, involved: Involved, age: Age
) -> Seat | str:
    """Return where this person may answer now, or why not, as a reason code."""
    stages = open_stages(requirement, answers)
    if not stages:
        return "ALREADY_APPROVED"
    against = "ROLE_MISSING"
    for number in stages:
        role = next((role for role in _may_answer(requirement, number, age) if role in person.roles), None)
        if role is None:
            continue
        objection = _excluded(requirement, person, involved) or _stood_before(requirement, answers, person, number)
        if objection is None:
            return Seat(number, role)
        against = objection
    return against


def glass_seat_of(
    requirement: ApprovalRequirement, answers: Sequence[Answer], person: Person, involved: Involved
) -> Seat | str:
    """Return where this person may answer alone, or why not, as a reason code."""
    unmet = unmet_stages(requirement, answers)
    if not unmet:
        return "ALREADY_APPROVED"
    glass = requirement.break_glass
    role = next((role for role in glass.roles if role in person.roles), None) if glass else None
    if role is None:
        return "BREAK_GLASS_MISSING"
    return _excluded(requirement, person, involved) or Seat(unmet[0], role)


def _may_answer(requirement: ApprovalRequirement, number: int, age: Age) -> Iterator[str]:
    """Yield the roles that may answer a stage, the stage's own first. Once extended, the others had their time."""
    if not age.extended:
        yield requirement.stages[number].role
        yield from requirement.stages[number].substitutes
    for rung in requirement.escalate:
        if age.extended or seconds(rung.after) <= age.seconds:
            yield rung.role


def _excluded(requirement: ApprovalRequirement, person: Person, involved: Involved) -> str | None:
    own = map(one_person, (involved.principal, involved.submitter, *involved.alone))
    if not person.persons.isdisjoint(own):
        return "OWN_REQUEST"
    if "process_owner" in requirement.excluded and one_person(involved.process_owner) in person.persons:
        return "PROCESS_OWNER_EXCLUDED"
    return None


def _stood_before(
    requirement: ApprovalRequirement, answers: Sequence[Answer], person: Person, number: int
) -> str | None:
    own = {one.stage for one in answers if one.withdrawn_at is None and not one.persons.isdisjoint(person.persons)}
    if not own.isdisjoint(_alike(requirement, number)):
        return "ANSWERED_ALREADY"
    if own and "previous_stage" in requirement.excluded:
        return "ANSWERED_EARLIER_STAGE"
    return None


def _alike(requirement: ApprovalRequirement, number: int) -> frozenset[int]:
    """Return the stages that ask the same role as this one, which is among them: they are met by different people."""
    role = requirement.stages[number].role
    return frozenset(other for other, stage in enumerate(requirement.stages) if stage.role == role)


def _distinct(requirement: ApprovalRequirement, answers: Sequence[Answer], number: int) -> int:
    """Count the answers to a stage of which nobody stands behind an earlier one, be it to another stage of its role."""
    seen: set[str] = set()
    alike = _alike(requirement, number)
    count = 0
    for answer in answers:
        if answer.stage not in alike or not answer.stands:
            continue
        count += answer.stage == number and seen.isdisjoint(answer.persons)
        seen |= answer.persons
    return count
