"""Legal holds as people ask for them: decided, placed and lifted, and looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import InvalidError
from assent_orchestrator.governance.deed import carry_out
from assent_orchestrator.memory import note
from assent_orchestrator.memory.holds import Hold, Holds, already_lifted, hold_of, read_hold
from assent_orchestrator.memory.keeper import Answer, Keeper
from assent_orchestrator.memory.standing import told
from assent_orchestrator.memory.use import faults_of_subject
from assent_orchestrator.memory.wish import Wish
from assent_orchestrator.page import Page
from assent_orchestrator.store.keyset import window
from assent_orchestrator.store.memory_tables import holds as table
from assent_sidecar.decision import Decided


@dataclass(frozen=True, slots=True)
class Custody:
    """Places and lifts holds, for people only."""

    keeper: Keeper

    async def place(self, caller: Caller, wish: Wish, *, within: float | None = None) -> tuple[Answer, Hold | None]:
        """Hold what is remembered of a subject, and will be: it is neither forgotten nor expires.

        Raises:
            ForbiddenError: the caller may not ask, or is an agent.
            InvalidError: no subject is named.
            AlreadyExistsError: the request id was used for another hold.
            MemoryKeyWrongError: this server has not got the master key of the database.
            BusyError: as many decisions wait as may.
            UnavailableError: it could not be recorded; nothing is held.
        """
        caller.require_person()
        keeper = self.keeper
        catalogue = keeper.catalogue(caller.tenant)
        who = await keeper.examined(caller, wish, catalogue)
        now = keeper.clock()

        async def place(tx: AsyncConnection, _: Decided) -> tuple[Hold, tuple[Draft, ...]]:
            key = wish.request_id or None
            hold = await Holds(keeper.memories).place(
                tx, caller.tenant, wish.subject, reason=wish.reason, by=caller.id, at=now, key=key
            )
            return hold, () if hold.again else (note.held(hold, who.actor, who.principal.id),)

        deed = await carry_out(keeper.gate, who.question(told(wish, catalogue), now), place, within=within)
        return Answer(deed.decided, deed.refusal), deed.made

    async def lift(
        self, caller: Caller, hold_id: str, wish: Wish, *, within: float | None = None
    ) -> tuple[Answer, Hold | None]:
        """Lift a hold; what is over by then is removed soon after.

        Raises:
            ForbiddenError: the caller may not ask, or is an agent.
            NotFoundError: the tenant has no such hold.
            StateError: it is lifted already.
            BusyError: as many decisions wait as may.
            UnavailableError: it could not be recorded; it is still in force.
        """
        caller.require_person()
        keeper = self.keeper
        catalogue = keeper.catalogue(caller.tenant)
        who = await keeper.examined(caller, wish, catalogue)
        async with keeper.engine.connect() as tx:
            found = await read_hold(tx, caller.tenant, hold_id)
        if found.lifted_at is not None:
            raise already_lifted(found)
        now = keeper.clock()

        async def lift(tx: AsyncConnection, _: Decided) -> tuple[Hold, tuple[Draft, ...]]:
            hold = await Holds(keeper.memories).lift(tx, found, reason=wish.reason, by=caller.id, at=now)
            return hold, (note.lifted(hold, who.actor, who.principal.id),)

        deed = await carry_out(keeper.gate, who.question(told(wish, catalogue), now), lift, within=within)
        return Answer(deed.decided, deed.refusal), deed.made

    async def list(
        self, caller: Caller, *, subject: str = "", in_force: bool | None = None, size: int = 0, token: str = ""
    ) -> Page[Hold]:
        """Return a page of holds, newest first.

        Raises:
            ForbiddenError: the caller is neither operator, auditor nor compliance officer.
            InvalidError: the token is not one of ours, or the subject is not written as it is kept by.
            MemoryKeyWrongError: a subject is named, and this server has not got the master key of the database.
        """
        caller.require(Role.OPERATOR, Role.AUDITOR, Role.COMPLIANCE_OFFICER)
        wrong = tuple(faults_of_subject(subject))
        if wrong:
            raise InvalidError("no hold is on a subject that is written so", wrong, code=wrong[0].code)
        page = window(table.c.placed_at, table.c.id, size=size, token=token)
        async with self.keeper.engine.connect() as tx:
            conditions: Sequence[sa.ColumnElement[bool]] = (table.c.tenant == caller.tenant,)
            if subject:
                memories = self.keeper.memories
                await memories.require_master(tx)
                conditions = (*conditions, table.c.subject_key == memories.vault.subject_key(caller.tenant, subject))
            if in_force is not None:
                conditions = (*conditions, table.c.lifted_at.is_(None) if in_force else table.c.lifted_at.is_not(None))
            return await page.read(tx, sa.select(table).where(*conditions), hold_of)
