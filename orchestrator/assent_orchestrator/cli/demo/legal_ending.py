"""How the three reviews ended: everything that is told of them, looked up and not assumed."""

import re
from collections.abc import Iterator
from typing import ClassVar

from assent.v1 import approvals_pb2, runs_pb2
from assent_orchestrator.cli.demo import legal_story as story
from assent_orchestrator.cli.demo.ending import Check, Ending, ended
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.timeline import timeline
from assent_orchestrator.cli.stage.people import LAWYER

_DONE, _DENIED = runs_pb2.STEP_STATE_SUCCEEDED, runs_pb2.STEP_STATE_DENIED
_SKIPPED = runs_pb2.STEP_STATE_SKIPPED
_ADDRESS = re.compile(r"\bto\s+([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")


class LegalEnding(Ending):
    """What can be looked up when the three reviews are over."""

    house: ClassVar[str] = "firm"

    def promises(self) -> Iterator[Check]:
        """Yield what is told of the three contracts."""
        flows, asks, poisoned = self.acts
        yield Check(
            f"{flows.customer.name}: reviewed, nobody was asked, the note arrived",
            ended(flows) and not flows.asked and _delivered(flows) and len(self.letters_to(flows)) == 1,
        )
        yield Check(
            f"{asks.customer.name}: {story.RISK_CONTROL} and {story.CITATION_CONTROL} asked, {LAWYER} changed the note",
            ended(asks) and _was_asked(asks) and self._arrived_changed(asks),
        )
        yield Check(
            f"{poisoned.customer.name}: {story.ORDERS_CONTROL} kept the text to itself, a lawyer looks into it",
            ended(poisoned) and _was_denied(poisoned) and not self.letters_to(poisoned),
        )
        planted = planted_address(poisoned)
        yield Check(
            f"nothing that it ordered was done: no e-mail to {planted}, no leave for one",
            bool(planted)
            and all(letter.to != planted for letter in self.letters)
            and bool(self.attempts)
            and all(attempt.refused for attempt in self.attempts),
        )
        yield from self.common()

    def _arrived_changed(self, act: Act) -> bool:
        letters = self.letters_to(act)
        return len(letters) == 1 and story.ADVICE in " ".join(letters[0].body.split())


def planted_address(act: Act) -> str:
    """Return the address to which the contract of a review orders its readers to write; empty when it has none."""
    text = act.step("contract").output.struct_value.fields["text"].string_value
    found = _ADDRESS.search(text)
    return found[1] if found else ""


def _delivered(act: Act) -> bool:
    return act.step("deliver").state == _DONE and act.step("flags").state == _SKIPPED


def _was_asked(act: Act) -> bool:
    """Say whether a lawyer was asked once, for both reasons, and the changed letter was released by their answer."""
    if len(act.asked) != 1 or len(act.answered) != 1:
        return False
    [asked], [answered] = act.asked, act.answered
    found = {(reason.code, reason.control) for reason in asked.reasons}
    return (
        asked.step == "release"
        and found >= {(story.RISK_CODE, story.RISK_CONTROL), (story.CITATION_CODE, story.CITATION_CONTROL)}
        and answered.state == approvals_pb2.APPROVAL_STATE_CONSUMED
        and [(one.approver, list(one.edits)) for one in answered.answers] == [(LAWYER, ["/letter"])]
        and act.step("flags").state == _DONE
        and act.step("release").state == _DONE
    )


def _was_denied(act: Act) -> bool:
    """Say whether the e-mail was denied for what it quoted, and a lawyer got a task instead."""
    moment = next((one for one in timeline(act) if (one.step, one.outcome) == ("deliver", "denied")), None)
    if moment is None or moment.reason is None or act.asked:
        return False
    found = (moment.reason.code, moment.reason.control, moment.reason.scope)
    return (
        act.step("deliver").state == _DENIED
        and found == (story.ORDERS_CODE, story.ORDERS_CONTROL, story.ORDERS_SCOPE)
        and act.step("by_hand").state == _DONE
    )
