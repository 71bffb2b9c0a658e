"""The obligation ``remember``: what an action returned is remembered in the transaction that commits its outcome.

A policy that wants it decides about the action; whether it may be remembered, the policies of memory are asked before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.errors import AssentError, UnavailableError
from assent_orchestrator.execution import bulk
from assent_orchestrator.execution.arguments import UnfitError
from assent_orchestrator.execution.journal import RunRow
from assent_orchestrator.execution.meant import meant
from assent_orchestrator.execution.memory_steps import Doer
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.situation import Appointed, Situation, UncataloguedError, appoint
from assent_orchestrator.governance.enquiry import memory_question
from assent_orchestrator.governance.intent import idempotency_key
from assent_orchestrator.governance.judging import refusal
from assent_orchestrator.governance.keepsake import subject_of, unallowed, unkeepable
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.memory import note
from assent_orchestrator.memory.entry import Entry
from assent_orchestrator.plan.label import join, names, rebase
from assent_orchestrator.plan.pointer import PointerError, find, split
from assent_orchestrator.plan.redaction import RedactionError
from assent_orchestrator.plan.unretained import labels_of_never
from assent_sidecar.canonical import NotCanonicalError, canonical
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.memory_facts import facts_of
from assent_sidecar.catalogue.memory_flaw import label_flaws
from assent_sidecar.catalogue.own import REMEMBER
from assent_sidecar.catalogue.process import Step
from assent_sidecar.decision import Decided, Remember
from assent_sidecar.facts import Action, Labels
from assent_sidecar.model import Json
from assent_sidecar.question import Question


class UnkeptError(Exception):
    """What is to be remembered cannot be; the message says why, and nothing of the value."""


@dataclass(frozen=True, slots=True)
class Keepsakes:
    """What is to be remembered of one action, and what it returned with which labels.

    ``granted``: the policies were asked, and let it be. Nothing is remembered before.
    """

    wanted: Sequence[Remember]
    action: Action
    result: Json
    labels: Labels
    granted: bool = False


@dataclass(frozen=True, slots=True)
class Remembering:
    """Fulfils what policies want remembered."""

    parts: Parts

    async def ask(self, situation: Situation, appointed: Appointed, kept: Keepsakes, attempt: int) -> Keepsakes:
        """Put each of them to the policies, as what it is, and record what they say; return them as granted.

        Outside of any transaction: what is decided is in the trail also where nothing follows from it.

        Raises:
            UnkeptError: something of it cannot be remembered, or may not.
            BusyError: as many decisions wait as may; ask again.
            UnavailableError: the database is away; ask again.
        """
        if situation.lost_inputs:
            raise UnkeptError("the policies cannot be asked: an input is never retained, and lost")
        for one in kept.wanted:
            question = await bulk.aside(self._question, (kept.result,), situation, appointed, kept, one, attempt)
            code = refusal(await self.parts.gate.decide(question))
            if code:
                raise UnkeptError(unallowed(code))
        return replace(kept, granted=True)

    async def fulfil(self, tx: AsyncConnection, run: RunRow, doer: Doer, kept: Keepsakes) -> tuple[Draft, ...]:
        """Remember; return what to record.

        Raises:
            UnkeptError: something of it cannot be remembered; the transaction is to be given up.
            UnavailableError: the database is away.
        """
        if not kept.granted:
            raise UnkeptError("the policies were not asked whether it may be remembered")
        drafts: list[Draft] = []
        for number, one in enumerate(kept.wanted):
            key = f"{idempotency_key(run.id, doer.step)}:{number}"
            drafts += await self._remember(tx, doer, kept, one, key)
        return tuple(drafts)

    async def of_settled(
        self, tx: AsyncConnection, situation: Situation, result: Json, labels: Labels
    ) -> tuple[Situation, Appointed, Keepsakes] | None:
        """Return what is to be remembered of what a person says was done, with what to ask about it; None: nothing is.

        Raises:
            UnkeptError: something of it cannot be remembered.
        """
        wanted = wanted_of(situation)
        if not wanted:
            return None
        try:
            appointed = appoint(self.parts.catalogue(situation.run.tenant), situation)
            situation, action = await meant(tx, situation, appointed, self.parts.plans)
        except (UncataloguedError, UnfitError, RedactionError) as error:
            raise UnkeptError("nobody can say any more about whom it is") from error
        return situation, appointed, Keepsakes(wanted, action, result, labels)

    def _question(
        self, situation: Situation, appointed: Appointed, kept: Keepsakes, one: Remember, attempt: int
    ) -> Question:
        memory = appointed.memory
        value, labels = _found(kept, one, memory)
        try:
            size = len(canonical(value))
        except NotCanonicalError as error:
            raise UnkeptError("what is to be remembered has no exact form (NOT_CANONICAL)") from error
        facts = facts_of(
            "remember",
            memory,
            name=one.memory_class,
            purpose=one.purpose,
            subject=subject_of(one, kept.action),
            labels=names(labels),
            size=size,
        )
        question = memory_question(
            situation.matter(appointed.process),
            self.parts.clock(),
            step=situation.facts().model_copy(update={"attempt": attempt}),
            agent=appointed.agent,
            memory=facts,
        )
        return question.confidentially() if labels_of_never(kept.action.labels, appointed.never) else question

    async def _remember(
        self, tx: AsyncConnection, doer: Doer, kept: Keepsakes, one: Remember, key: str
    ) -> tuple[Draft, ...]:
        memory = self.parts.catalogue(doer.tenant).memory
        if self.parts.memory is None:
            raise UnkeptError("this server has no memory")
        value, labels = _found(kept, one, memory)
        entry = Entry(
            tenant=doer.tenant,
            name=one.memory_class,
            declared=memory.classes[one.memory_class],
            subject=subject_of(one, kept.action),
            value=value,
            labels=labels,
            author=doer.author,
            at=self.parts.clock(),
            run=doer.run,
            key=key,
        )
        try:
            made = await self.parts.memory.memories.remember(tx, entry)
        except UnavailableError:
            raise
        except AssentError as error:
            raise UnkeptError(f"it cannot be remembered ({error.code})") from error
        draft = note.remembered(made, doer.actor, on_behalf_of=doer.on_behalf_of, step=doer.step)
        return () if made.again else (draft,)


def _found(kept: Keepsakes, one: Remember, memory: Memory) -> tuple[Json, Labels]:
    """Return the part of a result that is to be remembered, and its labels as pointers into it.

    Raises:
        UnkeptError: it cannot be.
    """
    why = unkeepable(one, kept.action, memory)
    if why:
        raise UnkeptError(why)
    try:
        there, value = find(kept.result, split(one.path))
    except PointerError:
        there, value = False, None
    if not there:
        raise UnkeptError("what is to be remembered is not in what was returned")
    labels = rebase(kept.labels, split(one.path), ())
    for flaw in label_flaws(REMEMBER, {"/value": names(labels)}, memory):
        raise UnkeptError(f"what is to be remembered {flaw.message} ({flaw.code})")
    return value, join(labels)


def doer_of(run: RunRow, row_id: str, spec: Step) -> Doer:
    """Return who does a step: its agent, on behalf of the run's principal."""
    return Doer(run.tenant, run.id, row_id, spec.agent, run.principal.id)


def wanted_of(situation: Situation) -> tuple[Remember, ...]:
    """Return what the newest decision on a step wants remembered of it."""
    if situation.decision is None:
        return ()
    return sort_out(Decided.from_json(situation.decision).decision.obligations).remembers
