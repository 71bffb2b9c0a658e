"""What waits for people: list it, show it, answer it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.approvals.approval import BY_POLICY, LIVE, Approval, ApprovalState, age_of
from assent_orchestrator.approvals.edit import check_edits
from assent_orchestrator.approvals.latest import latest_request, waiting_for
from assent_orchestrator.approvals.lending import lent_by, lent_here
from assent_orchestrator.approvals.note import note_answer, note_state
from assent_orchestrator.approvals.objection import objection
from assent_orchestrator.approvals.opening import may_answer, was_opened, write_opening
from assent_orchestrator.approvals.reply import (
    Reply,
    UnansweredError,
    answer_of,
    check_etag,
    check_reply,
    check_state,
    events_of,
    state_after,
)
from assent_orchestrator.approvals.request import (
    approval_of,
    listed,
    read_request,
    resolve,
    withdraw_answers,
    write_answer,
)
from assent_orchestrator.approvals.requirement import (
    Answer,
    Involved,
    Person,
    Seat,
    glass_seat_of,
    seat_of,
    unmet_stages,
)
from assent_orchestrator.approvals.review import alone, open_review
from assent_orchestrator.approvals.sought import ANY, Sought, seen_by
from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller, one_person
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import ForbiddenError, NotFoundError, StateError
from assent_orchestrator.page import Page
from assent_orchestrator.store.approval_tables import approvals
from assent_orchestrator.store.keyset import window
from assent_orchestrator.store.look import one_look
from assent_orchestrator.store.tables import runs
from assent_sidecar.facts import Action, Principal
from assent_sidecar.model import Json, Pointer

Wake = Callable[[str, str], Awaitable[None]]
"""Hints to a run's step that something happened."""

OwnerOf = Callable[[str, str], str]
"""Returns the owner of a tenant's process, by name; empty when nobody knows it any more."""

Revise = Callable[[AsyncConnection, Approval, Mapping[Pointer, Json]], Awaitable[Action]]
"""Returns the action of a question with other values in it."""

_UNANSWERED = (ApprovalState.PENDING,)
"""Where a review stands until somebody answers it, which is final."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """The questions to humans of one server."""

    engine: AsyncEngine
    trail: Trail
    clock: Clock
    owner_of: OwnerOf
    wake: Wake
    revise: Revise

    async def get(self, caller: Caller, approval_id: str) -> Approval:
        """Return one approval; that somebody who may answer it was shown it is recorded, the first time.

        Raises:
            NotFoundError: there is none that this caller may know of.
            UnavailableError: it could not be recorded; nothing is shown.

        """
        async with one_look(self.engine) as tx:
            approval = await self._known(tx, caller, approval_id)
            opens = await self._opens(tx, caller, approval)
        if opens:
            async with self.trail.recording() as tx:
                await self.trail.append(tx, caller.tenant, await write_opening(tx, approval, caller, self.clock()))
        return approval

    async def _opens(self, tx: AsyncConnection, caller: Caller, approval: Approval) -> bool:
        if caller.agent or approval.state is not ApprovalState.PENDING or await was_opened(tx, approval.id, caller.id):
            return False
        now = self.clock()
        lent = await lent_here(tx, approval, caller.id, now)
        return may_answer(approval, caller, lent, await self._involved(tx, approval), now)

    async def list(
        self,
        caller: Caller,
        sought: Sought = ANY,
        *,
        size: int = 0,
        token: str = "",
    ) -> Page[Approval]:
        """Return the approvals the caller may see, oldest first, without their answers."""
        page = window(approvals.c.requested_at, approvals.c.id, size=size, token=token, newest_first=False)
        now = self.clock()
        async with self.engine.connect() as tx:
            query = listed().where(seen_by(caller, now), *sought.conditions(now))
            return await page.read(tx, query, lambda row: approval_of(row, ()))

    async def decide(self, caller: Caller, approval_id: str, reply: Reply) -> Approval:
        """Record a person's answer; when the requirement is met, or refused, the run goes on.

        Raises:
            NotFoundError, ForbiddenError: the caller may not see or may not answer it.
            ConflictError: the etag is not the newest.
            StateError: it is answered, expired or void, or what was shown is not what is asked.
            InvalidError: what comes along cannot be, as changes of what may not be changed.

        """
        caller.require_person()
        async with one_look(self.engine) as tx:  # without a lock: who may not answer holds up nobody who may
            await self._answer(tx, caller, approval_id, reply)
        async with self.engine.begin() as tx:
            approval, given = await self._answer(tx, caller, approval_id, reply, lock=True)
            if given.edits:
                given = replace(given, digest=(await self.revise(tx, approval, given.edits)).digest)
            await write_answer(tx, approval, given)
            now, state = given.at, ApprovalState.EDITED if given.edits else state_after(approval, given)
            await resolve(tx, approval, state, now)
            drafts = [note_answer(event, approval, caller, given) for event in events_of(approval, given, state)]
            if given.break_glass and approval.requirement.break_glass:
                review = approval.requirement.break_glass.review
                drafts.append(await open_review(tx, approval, given, review, now))
            after, waiting = await self._recorded(tx, approval, drafts)
        for step_id in waiting:
            await self.wake(approval.run_id, step_id)
        return after

    async def chosen(
        self, tx: AsyncConnection, caller: Caller, approval_id: str, reply: Reply, *, lock: bool = False
    ) -> tuple[Approval, Answer]:
        """Return a work item, and the answer that the caller's choice would be; nothing is written.

        Whose run it is, is nobody's objection: the policies say who may choose what.

        Raises:
            NotFoundError, ForbiddenError: the caller may not see it or has not the role.
            ConflictError: the etag is not the newest.
            StateError: it is answered, expired or void, or what was shown is not what is asked.
            InvalidError: it is no work item, or does not offer that.
        """
        caller.require_person()
        approval = await self._known(tx, caller, approval_id, lock=lock)
        now = self.clock()
        check_reply(approval, reply, now)
        person = await _person(tx, caller, reply.on_behalf_of, approval, now, lock=lock)
        age = age_of(approval, now)
        seat = seat_of(approval.requirement, approval.answers, person, Involved("", "", ""), age)
        if not isinstance(seat, Seat):
            raise objection("you may not choose here", approval, person, seat, age)
        given = answer_of(approval, person, seat, reply, now)
        return approval, given

    async def withdraw(self, caller: Caller, approval_id: str, etag: str) -> Approval:
        """Take back the caller's own yes, as long as nothing was done on the strength of it.

        What was said in another one's place is both their own, also when the delegation is over.

        Raises:
            NotFoundError: there is none that the caller may know of.
            ConflictError: the etag is not the newest.
            StateError: it is over or used, what they changed was put to people again, or they have not said yes.

        """
        caller.require_person()
        async with one_look(self.engine) as tx:  # without a lock, as for an answer
            await self._own(tx, caller, approval_id, etag)
        async with self.engine.begin() as tx:
            approval, own = await self._own(tx, caller, approval_id, etag, lock=True)
            now, edited = self.clock(), approval.state is ApprovalState.EDITED
            await withdraw_answers(tx, approval, own, now)
            left = [answer for answer in approval.answers if answer not in own]
            state = ApprovalState.PENDING if unmet_stages(approval.requirement, left) else ApprovalState.APPROVED
            state = ApprovalState.VOID if edited else state  # the step is asked about as it was
            await resolve(tx, approval, state, now)
            drafts = [note_answer("approval.withdrawn", approval, caller, one, outcome="withdrawn") for one in own]
            drafts += [note_state(approval, state)] if edited else []
            after, waiting = await self._recorded(tx, approval, drafts)
        for step_id in waiting:
            await self.wake(approval.run_id, step_id)
        return after

    async def _recorded(
        self, tx: AsyncConnection, approval: Approval, drafts: Sequence[Draft]
    ) -> tuple[Approval, Sequence[str]]:
        """Record what was done with an approval; return it as it is now, and the steps that wait for it."""
        await self.trail.append(tx, approval.tenant, drafts)
        return await read_request(tx, approval.id), await waiting_for(tx, approval)

    async def _own(
        self, tx: AsyncConnection, caller: Caller, approval_id: str, etag: str, *, lock: bool = False
    ) -> tuple[Approval, Sequence[Answer]]:
        """Return an approval, and what the caller takes back of it: what they said, or what was said in their place."""
        approval = await self._known(tx, caller, approval_id, lock=lock)
        check_state(approval, *(LIVE if approval.kind in BY_POLICY else _UNANSWERED))
        check_etag(approval, etag)
        edited = approval.state is ApprovalState.EDITED
        if edited:
            await _check_last(tx, approval)
        own = [answer for answer in approval.answers if one_person(caller.id) in answer.persons and answer.stands]
        if not own or (edited and not any(answer.edits for answer in own)):
            raise UnansweredError("you have not said yes to this approval", approval=approval.id)
        return approval, own

    async def _known(self, tx: AsyncConnection, caller: Caller, approval_id: str, *, lock: bool = False) -> Approval:
        """Return an approval that the caller may know of."""
        seen = sa.exists().where(approvals.c.id == approval_id, seen_by(caller, self.clock()))
        if not await tx.scalar(sa.select(seen)):
            raise NotFoundError("there is no such approval", approval=approval_id)
        return await read_request(tx, approval_id, lock=lock)

    async def _answer(
        self, tx: AsyncConnection, caller: Caller, approval_id: str, reply: Reply, *, lock: bool = False
    ) -> tuple[Approval, Answer]:
        """Return an approval, and the answer to it that a reply comes to; nothing is written."""
        approval = await self._known(tx, caller, approval_id, lock=lock)
        now = self.clock()
        check_reply(approval, reply, now)
        person = await _person(tx, caller, reply.on_behalf_of, approval, now, lock=lock)
        involved, age = await self._involved(tx, approval), age_of(approval, now)
        if reply.break_glass:
            seat = glass_seat_of(approval.requirement, approval.answers, person, involved)
        else:
            seat = seat_of(approval.requirement, approval.answers, person, involved, age)
        if not isinstance(seat, Seat):
            raise objection("you may not answer this approval", approval, person, seat, age)
        check_edits(approval, reply.edits)
        return approval, answer_of(approval, person, seat, reply, now)

    async def _involved(self, tx: AsyncConnection, approval: Approval) -> Involved:
        principal, submitter = await _whose(tx, approval)
        return Involved(principal, submitter, self.owner_of(approval.tenant, approval.process), alone(approval))


async def _check_last(tx: AsyncConnection, edited: Approval) -> None:
    """Make sure that what somebody changed was not put to people again: their yes is in that question then.

    The changed request is locked, as by whoever puts it again.

    Raises:
        StateError: it was.
    """
    latest = await latest_request(tx, edited.run_id, edited.step_id)
    if latest is not None and latest.id != edited.id:
        raise StateError(
            f"what was changed was put to people again, and that approval is {latest.state}",
            approval=latest.id,
            state=str(latest.state),
        )


async def _person(
    tx: AsyncConnection, caller: Caller, giver: str, approval: Approval, now: datetime, *, lock: bool
) -> Person:
    """Return as whom a caller answers: as themselves, or with what somebody lent them, and nothing of their own.

    Raises:
        ForbiddenError: nobody of that name lent them anything here.
    """
    if giver in ("", caller.id):
        return Person(caller.id, caller.roles)
    roles = await lent_by(tx, approval, caller.id, giver, now, lock=lock)
    if not roles:
        raise ForbiddenError("you do not stand in for that person here", reason="NOT_DELEGATED")
    return Person(caller.id, roles, stands_for=giver)


async def _whose(tx: AsyncConnection, approval: Approval) -> tuple[str, str]:
    row = (await tx.execute(sa.select(runs.c.principal, runs.c.submitter).where(runs.c.id == approval.run_id))).one()
    return Principal.from_json(row.principal).id, row.submitter
