"""What callers ask of memory: checked, asked, done and recorded in one transaction, or not at all."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import AssentError, Fault, InvalidError
from assent_orchestrator.governance.deed import carry_out
from assent_orchestrator.governance.entrusted import WithheldError
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.judging import refusal
from assent_orchestrator.memory import note
from assent_orchestrator.memory.entry import MAX_VALUE_BYTES, Entry, Oblivion, Receipt, Remembered
from assent_orchestrator.memory.errors import HeldError
from assent_orchestrator.memory.forgetting import Forgetting
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.rows import known_of
from assent_orchestrator.memory.standing import Standing, in_run, standing, told
from assent_orchestrator.memory.use import NEEDS_APPOINTING, Use, faults
from assent_orchestrator.memory.wish import Wish
from assent_orchestrator.page import Page
from assent_orchestrator.plan.label import UNTRUSTED, join, names, place
from assent_orchestrator.plan.pointer import field, split
from assent_orchestrator.store.keyset import window
from assent_orchestrator.store.memory_tables import holds, memories
from assent_orchestrator.store.tables import trail
from assent_sidecar.canonical import NotCanonicalError, canonical
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decided
from assent_sidecar.model import Json, seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided; ``refusal`` is the code of why nothing was done, empty when something was."""

    decided: Decided
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The receipt of an order to forget, the number of its record in the trail, and what stays: the audit classes."""

    receipt: Receipt
    record_seq: int
    audit_classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A memory as lists show it: without the value. ``held``: a legal hold is in force on its subject."""

    known: Remembered
    held: bool


@dataclass(frozen=True, slots=True)
class Keeper:
    """Remembers, forgets and lists; ``catalogue`` is that of the bundle in force for a tenant."""

    engine: AsyncEngine
    trail: Trail
    gate: Gate
    clock: Clock
    memories: Memories
    catalogue: Callable[[str], Catalogue]

    async def remember(
        self, caller: Caller, wish: Wish, *, within: float | None = None
    ) -> tuple[Answer, Remembered | None]:
        """Remember a value; what a caller brings counts as untrusted.

        Raises:
            ForbiddenError: the caller may not ask.
            InvalidError: there is no such class, it is not for that purpose, or nothing of this is ever retained.
            AlreadyExistsError: the request id was used to remember something else.
            ForgottenError: what was remembered by this request id is gone; it is not remembered again.
            MemoryKeyWrongError: this server has not got the master key of the database.
            BusyError: as many decisions wait as may.
            UnavailableError: it could not be recorded; nothing was stored.
        """
        catalogue = self.catalogue(caller.tenant)
        labels = join(wish.labels, {"": (UNTRUSTED,)})
        who = await self.examined(caller, wish, catalogue, names(labels))
        size = await asyncio.to_thread(_size, wish)
        declared = catalogue.memory.classes[wish.memory_class]
        now = self.clock()
        facts = told(wish, catalogue, labels=names(labels), size=size)

        async def store(tx: AsyncConnection, _: Decided) -> tuple[Remembered, tuple[Draft, ...]]:
            entry = Entry(
                tenant=caller.tenant,
                name=wish.memory_class,
                declared=declared,
                subject=wish.subject,
                value=wish.value,
                labels=labels,
                author=caller.id,
                at=now,
                ttl=seconds(wish.ttl) if wish.ttl else None,
                run=who.run_id,
                key=wish.request_id or None,
            )
            stored = await self.memories.remember(tx, entry)
            draft = note.remembered(stored, who.actor, on_behalf_of=who.principal.id)
            return stored, () if stored.again else (draft,)

        deed = await carry_out(self.gate, who.question(facts, now), store, within=within)
        return Answer(deed.decided, deed.refusal), deed.made

    async def forget(
        self, caller: Caller, wish: Wish, *, within: float | None = None
    ) -> tuple[Answer, Forgotten | None]:
        """Forget what is remembered of a subject, and give a receipt.

        Raises:
            ForbiddenError: the caller may not ask.
            InvalidError: no subject is named, or a class in which nothing can be forgotten.
            HeldError: a legal hold is in force; nothing was forgotten.
            AlreadyExistsError: the request id was used for another order.
            MemoryKeyWrongError: this server has not got the master key of the database.
            BusyError: as many decisions wait as may.
            UnavailableError: it could not be recorded; nothing was forgotten.
        """
        catalogue = self.catalogue(caller.tenant)
        who = await self.examined(caller, wish, catalogue)
        now = self.clock()

        async def forget(tx: AsyncConnection, _: Decided) -> tuple[Receipt | HeldError, tuple[Draft, ...]]:
            order = Oblivion(
                tenant=caller.tenant,
                subject=wish.subject,
                author=caller.id,
                reason=wish.reason,
                at=now,
                name=wish.memory_class or None,
                key=wish.request_id or None,
            )
            try:
                receipt = await Forgetting(self.memories).forget(tx, order)
            except HeldError as error:  # told only to whom the policies would have had it forgotten for
                return error, (self._refused(who, wish, error),)
            draft = note.forgotten(receipt, who.actor, run=who.run_id, on_behalf_of=who.principal.id)
            return receipt, () if receipt.again else (draft,)

        question = who.question(told(wish, catalogue), now)
        deed = await carry_out(self.gate, question, forget, within=within)
        if isinstance(deed.made, HeldError):
            raise deed.made
        if deed.made is None:
            return Answer(deed.decided, deed.refusal), None
        classes = catalogue.memory.classes.items()
        audit = tuple(sorted(name for name, one in classes if one.retention == "audit"))
        return Answer(deed.decided), Forgotten(deed.made, await self._record_of(caller.tenant, deed.made), audit)

    async def list(
        self, caller: Caller, wish: Wish, *, token: str = "", within: float | None = None
    ) -> tuple[Answer, Page[Kept]]:
        """Return a page of what is remembered, without the values, newest first.

        Raises:
            ForbiddenError: the caller may not ask.
            InvalidError: there is no such class, or the token is not one of ours.
            MemoryKeyWrongError: this server has not got the master key of the database.
            BusyError: as many decisions wait as may.
            UnavailableError: it could not be recorded; nothing is shown.
        """
        catalogue = self.catalogue(caller.tenant)
        page = window(memories.c.created_at, memories.c.id, size=wish.limit, token=token)
        who = await self.examined(caller, wish, catalogue)
        now = self.clock()
        decided = await self.gate.decide(who.question(told(wish, catalogue), now), within=within)
        if refusal(decided):
            return Answer(decided, refusal(decided)), Page([], "")
        held = sa.exists().where(
            holds.c.tenant == memories.c.tenant,
            holds.c.subject_key == memories.c.subject_key,
            holds.c.lifted_at.is_(None),
        )
        query = sa.select(memories, held.label("held")).where(
            memories.c.tenant == caller.tenant,
            sa.or_(memories.c.expires_at.is_(None), memories.c.expires_at > now, memories.c.kept_at.is_not(None)),
        )
        if wish.memory_class:
            query = query.where(memories.c["class"] == wish.memory_class)
        if wish.subject:
            subject_key = self.memories.vault.subject_key(caller.tenant, wish.subject)
            query = query.where(memories.c.subject_key == subject_key)
        async with self.engine.connect() as tx:
            await self.memories.require_master(tx)
            return Answer(decided), await page.read(tx, query, lambda row: Kept(known_of(row), held=row["held"]))

    async def _record_of(self, tenant: str, receipt: Receipt) -> int:
        """Return the number of the record that an order to forget left; it is among the newest."""
        told = sa.func.convert_from(trail.c.record, "UTF8").cast(JSONB)["detail"]["receipt"].astext
        query = sa.select(trail.c.seq).where(
            trail.c.tenant == tenant,
            trail.c.event == note.FORGOTTEN,
            trail.c.recorded_at >= receipt.forgotten_at,
            told == receipt.id,
        )
        async with self.engine.connect() as tx:
            return await tx.scalar(query.order_by(trail.c.seq.desc()).limit(1)) or 0

    async def examined(
        self, caller: Caller, wish: Wish, catalogue: Catalogue, carried: frozenset[str] = frozenset()
    ) -> Standing:
        """Return who asks what may be asked; what may not be is recorded.

        Raises:
            ForbiddenError: the caller may not ask.
            InvalidError: it is wrong whoever asks it; every fault is named, and the code is that of the first.
            NotFoundError: there is no such run.
            StateError: the run is over.
        """
        who = standing(caller, wish, catalogue)
        use = Use(
            operation=wish.operation,
            memory_class=wish.memory_class,
            purpose=wish.purpose,
            subject=wish.subject,
            labels=carried,
            ttl=wish.ttl,
            in_run=bool(wish.terms.run),
        )
        found = [*_faults_of_agent(use, who), *faults(use, catalogue.memory), *_faults_of_labels(wish)]
        if found:
            told = InvalidError("memory cannot be used so; nothing was decided", tuple(found), code=found[0].code)
            await self.refuse(who, wish, told)
            raise told
        try:
            async with self.engine.connect() as tx:
                return await in_run(tx, who, wish, catalogue)
        except WithheldError as error:
            await self.refuse(who, wish, error)
            raise

    async def refuse(self, who: Standing, wish: Wish, error: AssentError) -> None:
        """Record what was refused before the policies were asked.

        Raises:
            UnavailableError: it could not be recorded.
        """
        async with self.trail.recording() as tx:
            await self.trail.append(tx, who.caller.tenant, (self._refused(who, wish, error),))

    def _refused(self, who: Standing, wish: Wish, error: AssentError) -> Draft:
        tenant = who.caller.tenant
        detail: dict[str, Json] = {"operation": wish.operation}
        if wish.memory_class in self.catalogue(tenant).memory.classes:
            detail["class"] = wish.memory_class
        if wish.subject:
            detail["subject"] = self.memories.vault.subject_key(tenant, wish.subject)
        return note.refused(error.code, detail, who.actor, on_behalf_of=who.principal.id, run=who.run_id)


def _faults_of_agent(use: Use, who: Standing) -> Sequence[Fault]:
    if who.agent is None or use.action not in NEEDS_APPOINTING or use.action in who.agent.may:
        return ()
    return [Fault("terms.agent", "AGENT_MAY_NOT", f"this agent is not given {use.action}")]


def _faults_of_labels(wish: Wish) -> Sequence[Fault]:
    absent = [at for at in wish.labels if place(at, wish.value) is None]
    told = "classifies {}, which is not there"
    return [
        Fault(field("labels", {}, (at,)), "DANGLING_REFERENCE", told.format(field("value", {}, split(at))))
        for at in absent
    ]


def _size(wish: Wish) -> int:
    told = ""
    try:
        size = len(canonical(wish.value))
        if size > MAX_VALUE_BYTES:
            told = f"has {size} bytes; at most {MAX_VALUE_BYTES} are taken"
    except NotCanonicalError:
        size, told = 0, "holds a number or a text that JSON readers do not agree on (RFC 8785)"
    if told:
        code = "TOO_LARGE" if size else "NOT_CANONICAL"
        raise InvalidError("the value cannot be remembered", (Fault("value", code, told),), code=code)
    return size
