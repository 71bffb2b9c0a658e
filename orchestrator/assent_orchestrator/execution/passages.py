"""What follows, in the transaction that commits it, from whether work may pass to who takes it over with a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import LIVE, REFUSING, Approval, ApprovalKind, ApprovalState
from assent_orchestrator.approvals.latest import latest_about, latest_requests
from assent_orchestrator.approvals.note import note_state
from assent_orchestrator.approvals.passage import Passage
from assent_orchestrator.approvals.request import AtStep, insert_request, pending
from assent_orchestrator.approvals.requirement import Answer
from assent_orchestrator.approvals.spent import ASKED_ANEW, REVISED, use_up, void
from assent_orchestrator.approvals.worth import answers_worth
from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.traceparent import current_traceparent
from assent_orchestrator.execution.handovers import Key, allowed
from assent_orchestrator.execution.journal import graph_of
from assent_orchestrator.execution.outdated import is_outdated
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.scene import scene_of_hand_over
from assent_orchestrator.execution.sequel import Sequels, note_asked, note_decision
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.execution.takers import takers_of
from assent_orchestrator.execution.turn import Turn
from assent_orchestrator.governance.followed import Followed, OvertakenError
from assent_orchestrator.governance.judging import Less
from assent_orchestrator.governance.ruling import Held
from assent_orchestrator.plan.derived import whole_id
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.store.handoff_tables import handoffs
from assent_sidecar.decision import Decided


@dataclass(frozen=True, slots=True)
class Passages:
    """Writes what follows for hand-overs."""

    parts: Parts
    sequels: Sequels

    async def allowed(
        self,
        tx: AsyncConnection,
        turn: Turn,
        passage: Passage,
        less: Less,
        *,
        decided: Decided,
        heard: Sequence[Answer],
    ) -> Followed:
        """Keep what was allowed, so that it is not asked about twice; what people said is used up.

        ``heard`` are the answers that the question had: with any, it is allowed to the steps that these people were
        shown, and to no other.

        Raises:
            OvertakenError: a step beside this one took over the same, or an answer is worth nothing by now.
        """
        situation, key, revision = turn.situation, Key.of(passage.facts), decided.provenance.revision
        await self.sequels.still_wanted(tx, situation)
        if key in await allowed(tx, situation, revision, target=key.target):
            raise OvertakenError  # a step beside this one took over the same
        now = self.parts.clock()
        drafts = await self._of_another(tx, situation, key, now)
        request = await _open(tx, situation, key)
        worth = answers_worth(request, key.digest, revision, now)
        if not all(answer in worth for answer in heard):
            raise OvertakenError
        if request is not None and request.state is ApprovalState.APPROVED:
            drafts = (*drafts, await use_up(tx, request, now))
        takers = list(request.takers) if request is not None and heard else None
        await self._keep(tx, situation, key, decided, less, takers=takers)
        return Followed(step=situation.step.id, drafts=drafts)

    async def held(
        self, tx: AsyncConnection, turn: Turn, passage: Passage, held: Held, seen: Approval | None
    ) -> tuple[Followed, datetime]:
        """Put a hand-over before people, once for all that are known to take over the same; return until when they may.

        ``seen`` is the question to people about the same that was known when the policies were asked; None: none was.

        Raises:
            OvertakenError: the run or the step moved on, or people were asked or answered meanwhile.
        """
        situation, key = turn.situation, Key.of(passage.facts)
        revision = held.decided.provenance.revision
        run, now = await self.sequels.still_wanted(tx, situation), self.parts.clock()
        if key in await allowed(tx, situation, revision, target=key.target):
            raise OvertakenError  # people said yes, and a step beside this one took over the same
        drafts = await self._of_another(tx, situation, key, now)
        request = await _open(tx, situation, key)
        if request is not None and (request.state is not ApprovalState.PENDING or is_outdated(request, revision)):
            if request.state is not ApprovalState.PENDING and (seen is None or seen.version != request.version):
                raise OvertakenError  # answered in the last moment
            drafts = (*drafts, await void(tx, request, now, REVISED if request.revision != revision else ASKED_ANEW))
            request = None
        if request is None:
            scene = scene_of_hand_over(situation, graph_of(run, self.parts.plans), key.source)
            takers = await takers_of(tx, situation, self.parts.plans, passage.facts, revision)
            request = pending(
                AtStep(run.tenant, run.id, situation.step.id, run.process, current_traceparent()),
                kind=ApprovalKind.HANDOFF,
                asked=key.digest,
                presented=passage.present(held.decided, scene, takers),
                requirement=held.requirement,
                decided=held.decided,
                now=now,
            )
            await insert_request(tx, request)
            drafts = (*drafts, note_state(request, ApprovalState.PENDING))
        values = note_decision(held.decided, situation, now) | note_asked(held.decided)
        followed = await self.sequels.written(tx, run, situation, StepState.AWAITING_APPROVAL, values, drafts=drafts)
        return followed, request.expires_at

    async def _of_another(
        self, tx: AsyncConnection, situation: Situation, key: Key, now: datetime
    ) -> tuple[Draft, ...]:
        """Close what people were asked about the step when it was to take over something else; return the record."""
        if situation.step.state is StepState.PENDING:
            return ()  # nobody was asked about it before
        own = (await latest_requests(tx, situation.run.id, situation.step.id)).get(ApprovalKind.HANDOFF)
        if own is None or own.state not in LIVE or own.action_digest == key.digest:
            return ()
        return (await void(tx, own, now, ASKED_ANEW),)

    async def _keep(
        self,
        tx: AsyncConnection,
        situation: Situation,
        key: Key,
        decided: Decided,
        less: Less,
        *,
        takers: list[str] | None,
    ) -> None:
        row = {
            "run_id": situation.run.id,
            "source": key.source,
            "target": key.target,
            "digest": key.digest,
            "revision": decided.provenance.revision,
            "step_id": situation.step.id,
            "decision_id": decided.provenance.decision_id,
            "redactions": [one.to_json() for one in less.redactions],
            "entrusts": [one.to_json() for one in less.entrusts],
            "decided_at": self.parts.clock(),
            "takers": takers,
        }
        await tx.execute(sa.insert(handoffs).values(row))


async def _open(tx: AsyncConnection, situation: Situation, key: Key) -> Approval | None:
    """Return the question to people about a hand-over to a step of which something may still come, or None.

    Raises:
        OvertakenError: they said no, or did not answer in time, after the policies were asked.
    """
    request = await latest_about(tx, situation.run.id, key.digest, whole_id(situation.step.id))
    if request is not None and request.state in REFUSING:
        raise OvertakenError
    return request if request is not None and request.state in LIVE else None
