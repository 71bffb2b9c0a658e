"""How it ended: everything the stories promise, looked up and not assumed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from assent.v1 import approvals_pb2, audit_pb2, runs_pb2
from assent_orchestrator.cli.demo import story
from assent_orchestrator.cli.demo.attempt import Attempt
from assent_orchestrator.cli.demo.letter import Letter
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.timeline import timeline
from assent_orchestrator.cli.stage.people import DIRECTOR

_DONE, _DENIED = runs_pb2.STEP_STATE_SUCCEEDED, runs_pb2.STEP_STATE_DENIED


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, and whether it was kept."""

    promise: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """Everything that can be looked up when the runs are over."""

    acts: tuple[Act, ...]
    letters: tuple[Letter, ...]
    verification: audit_pb2.VerifyTrailResponse
    attempts: tuple[Attempt, ...] = ()

    house: ClassVar[str] = "company"

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every promise."""
        return tuple(self.promises())

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return all(check.kept for check in self.checks)

    def letters_to(self, act: Act) -> tuple[Letter, ...]:
        """Return the e-mails that went to a customer's contact."""
        address = contact(act)
        return tuple(letter for letter in self.letters if address and letter.to == address)

    @property
    def strays(self) -> tuple[Letter, ...]:
        """Return the e-mails that went to nobody's contact."""
        known = {letter for act in self.acts for letter in self.letters_to(act)}
        return tuple(letter for letter in self.letters if letter not in known)

    def promises(self) -> Iterator[Check]:
        """Yield what this demo promises."""
        flows, asks, denied = self.acts
        yield Check(
            f"{flows.customer.name}: renewed, nobody was asked, one e-mail arrived",
            ended(flows) and not flows.asked and letter_sent(flows) and len(self.letters_to(flows)) == 1,
        )
        yield Check(
            f"{asks.customer.name}: {story.DISCOUNT_CONTROL} asked, {DIRECTOR} said yes, one e-mail arrived",
            ended(asks) and _was_asked(asks) and letter_sent(asks) and len(self.letters_to(asks)) == 1,
        )
        yield Check(
            f"{denied.customer.name}: {story.PRIVACY_CONTROL} denied the e-mail, none arrived, a person writes instead",
            ended(denied) and _was_denied(denied) and bool(contact(denied)) and not self.letters_to(denied),
        )
        yield from self.common()

    def common(self) -> Iterator[Check]:
        """Yield what is promised of every demo."""
        yield Check(f"no other e-mail left the {self.house}", not self.strays)
        yield Check("the trail is intact and complete", self._trail_holds())

    def _trail_holds(self) -> bool:
        known = sum(len(act.records) for act in self.acts)
        return self.verification.intact and self.verification.records >= known > 0


def contact(act: Act) -> str:
    """Return the address of a customer's contact, out of what the run read; empty when it read none."""
    for step in act.run.steps:
        fields = step.output.struct_value.fields
        if "contact" in fields:
            return fields["contact"].struct_value.fields["email"].string_value
    return ""


def ended(act: Act) -> bool:
    """Say whether a run succeeded."""
    return act.run.state == runs_pb2.RUN_STATE_SUCCEEDED


def letter_sent(act: Act) -> bool:
    """Say whether the e-mail of a renewal was sent."""
    return act.step("email").state == _DONE


def _was_asked(act: Act) -> bool:
    """Say whether exactly one question was put, for the discount, and the director's answer was used for it."""
    if len(act.asked) != 1 or len(act.answered) != 1:
        return False
    [asked], [answered] = act.asked, act.answered
    return (
        asked.step == "offer_at_risk"
        and (asked.reasons[0].code, asked.reasons[0].control) == (story.DISCOUNT_CODE, story.DISCOUNT_CONTROL)
        and answered.state == approvals_pb2.APPROVAL_STATE_CONSUMED
        and [one.approver for one in answered.answers] == [DIRECTOR]
        and act.step("offer_at_risk").state == _DONE
        and act.step("success_call").state == _DONE
    )


def _was_denied(act: Act) -> bool:
    """Say whether the e-mail was denied for what it held, and the process went its other way."""
    moment = next((one for one in timeline(act) if (one.step, one.outcome) == ("email", "denied")), None)
    if moment is None or moment.reason is None or act.asked:
        return False
    found = (moment.reason.code, moment.reason.control, moment.reason.scope)
    return (
        act.step("email").state == _DENIED
        and found == (story.PRIVACY_CODE, story.PRIVACY_CONTROL, story.PRIVACY_SCOPE)
        and bool(moment.decision_id and moment.trace_id)
        and act.step("letter_by_hand").state == _DONE
    )
