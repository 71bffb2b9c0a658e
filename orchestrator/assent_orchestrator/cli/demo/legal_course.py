"""The course of ``assent demo legal``: three reviews, and then an agent that obeys what one of the contracts says."""

from collections.abc import Mapping
from typing import ClassVar

from assent.v1 import approvals_pb2
from assent.v1.plans_pb2 import Plan, PlanStep
from assent_orchestrator.cli.demo.attempt import Attempt, try_action, try_plan
from assent_orchestrator.cli.demo.course import Course
from assent_orchestrator.cli.demo.ending import Ending
from assent_orchestrator.cli.demo.legal_ending import LegalEnding, planted_address
from assent_orchestrator.cli.demo.legal_story import ADVICE, REVIEW_STORY
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.stage import Stage
from assent_orchestrator.cli.demo.story import Story
from assent_orchestrator.tools.value import from_struct, to_struct
from assent_sidecar.model import Json

_AGENT, _ACTION = "compliance", "email.send"
_ADVICE: Json = {"$ref": "steps.precedents.output.memos.0.advice"}


class LegalCourse(Course):
    """Three contracts: harmless, risky, poisoned."""

    story: ClassVar[Story] = REVIEW_STORY
    ending_of: ClassVar[type[Ending]] = LegalEnding

    def edits(self, shown: approvals_pb2.Approval) -> Mapping[str, Json]:
        """Return the letter with what the lawyer adds to it."""
        letter = str(from_struct(shown.arguments)["letter"])
        return {"/letter": f"{letter}\n\n# Our advice\n\n{ADVICE}"}

    async def aftermath(self, stage: Stage, acts: tuple[Act, ...]) -> tuple[Attempt, ...]:
        """Try to do what the poisoned contract orders, as an agent would that takes a text for its process."""
        runtime, poisoned = stage.desk(self.story.cast.runtime), acts[-1]
        address = planted_address(poisoned)
        letter: dict[str, Json] = {"to": address, "subject": "As you asked", "body": "Our notes."}
        return (
            await try_plan(runtime, "one more step that sends our memoranda there", _with_a_step(poisoned, address)),
            await try_plan(runtime, "the same steps, but the note goes there", _to_another(poisoned, address)),
            await try_action(
                runtime,
                "an e-mail of its own",
                agent=_AGENT,
                process=poisoned.run.plan.process,
                action=_ACTION,
                args=letter,
                labels={"/to": "untrusted", "/body": "privileged"},
            ),
        )


def _with_a_step(act: Act, address: str) -> Plan:
    plan = _copy(act)
    step = PlanStep(id="obey", agent=_AGENT, action=_ACTION, after=["precedents"])
    step.args.CopyFrom(to_struct({"to": address, "subject": "As you asked", "body": _ADVICE}))
    plan.steps.append(step)
    return plan


def _to_another(act: Act, address: str) -> Plan:
    plan = _copy(act)
    for step in plan.steps:
        if step.action == _ACTION:
            step.args.update({"to": address})
    return plan


def _copy(act: Act) -> Plan:
    """Return the plan of a run as one that nobody submitted yet."""
    plan = Plan()
    plan.CopyFrom(act.run.plan)
    plan.request_id = ""
    return plan
