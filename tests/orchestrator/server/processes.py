"""One process, with everything that a process can have, and a room in which nobody proposes anything."""

# ruff: noqa: ARG002 -- the signatures are those of the use cases

from assent_orchestrator.amendments.amendment import Amendment, AmendmentState
from assent_orchestrator.amendments.effect import RunEffect
from assent_orchestrator.amendments.proposals import Proposed
from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import ForbiddenError, NotFoundError
from assent_orchestrator.page import Page
from assent_orchestrator.plan.model import Plan
from assent_sidecar.catalogue.process import (
    Alternative,
    Branch,
    Choice,
    Compensation,
    ForEach,
    Process,
    Step,
    Variation,
)
from assent_sidecar.retry import Attempts
from tests.orchestrator.server.specimens import DIGEST

REFUND = Process(
    name="refund",
    version="2",
    title="Pay back",
    owner="olga",
    department="service",
    inputs={"type": "object", "properties": {"amount": {"type": "integer", "minimum": 1}}},
    steps=(
        Step(id="read", agent="desk", action="shop.read", args={"order": {"$ref": "inputs.order"}}),
        Step(
            id="pay",
            agent="desk",
            action="shop.pay",
            args={"amount": 2},
            branch="how.card",
            deadline="5s",
            on_failure=Alternative(alternative="tell"),
            compensation=Compensation(action="shop.take", args={"id": {"$ref": "steps.pay.output.id"}}),
            retry=Attempts(max_attempts=2),
        ),
        Step(
            id="tell",
            agent="desk",
            action="mail.send",
            after=("read",),
            when="wanted",
            for_each=ForEach(items={"$ref": "steps.read.output.people"}, cap=3, at_once=2),
            on_failure="skip",
        ),
    ),
    choices={"how": Choice(after=("read",), branches=(Branch(name="card", when="by_card"),), otherwise="cash")},
    max_steps=9,
    may=Variation(skip=("tell",), reorder=True, choose=("how", "pay"), repeat={"read": 3}),
    on_no_decision="fail",
    deadline="72h",
    on_deadline="compensate",
)


class KnownProcesses:
    """One process; of the others nobody knows."""

    def list(self, caller: Caller) -> tuple[tuple[Process, ...], str]:
        return (REFUND,), DIGEST

    def get(self, caller: Caller, name: str) -> tuple[Process, str]:
        if name != REFUND.name:
            raise NotFoundError("there is no such process", process=name)
        return REFUND, DIGEST


class NoAmendments:
    """Nobody proposed anything, and nobody may."""

    async def propose(self, caller: Caller, plan: Plan, *, within: float | None = None) -> Proposed:
        raise ForbiddenError("nothing is proposed here")

    async def get(self, caller: Caller, amendment_id: str) -> Amendment:
        raise NotFoundError("there is no such amendment", amendment=amendment_id)

    async def list(
        self, caller: Caller, *, state: AmendmentState | None, process: str, size: int, token: str
    ) -> Page[Amendment]:
        return Page((), "")

    async def dismiss(self, caller: Caller, amendment_id: str, reason: str) -> Amendment:
        raise NotFoundError("there is no such amendment", amendment=amendment_id)

    async def simulate(
        self, caller: Caller, amendment_id: str, count: int, *, within: float | None = None
    ) -> tuple[RunEffect, ...]:
        raise NotFoundError("there is no such amendment", amendment=amendment_id)
