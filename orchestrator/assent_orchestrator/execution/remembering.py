"""The obligation ``remember``: what an action returned is remembered in the transaction that commits its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.errors import AssentError, UnavailableError
from assent_orchestrator.execution.arguments import UnfitError
from assent_orchestrator.execution.journal import RunRow
from assent_orchestrator.execution.meant import meant
from assent_orchestrator.execution.memory_steps import Doer
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.situation import Situation, UncataloguedError, appoint, read_situation
from assent_orchestrator.governance.gate import idempotency_key
from assent_orchestrator.governance.keepsake import subject_of, unkeepable
from assent_orchestrator.governance.obligations import sort_out
from assent_orchestrator.memory import note
from assent_orchestrator.memory.entry import Entry
from assent_orchestrator.plan.label import join, names, rebase
from assent_orchestrator.plan.pointer import PointerError, find, split
from assent_orchestrator.plan.redaction import RedactionError
from assent_sidecar.catalogue.memory_flaw import label_flaws
from assent_sidecar.catalogue.own import REMEMBER
from assent_sidecar.decision import Decided, Remember
from assent_sidecar.model import Json
from assent_sidecar.question import Action, Labels

OBLIGATION_UNFULFILLED = "OBLIGATION_UNFULFILLED"
"""Why a step failed of which something was to be remembered, and could not be."""


class UnkeptError(Exception):
    """What is to be remembered cannot be; the message says why, and nothing of the value."""


@dataclass(frozen=True, slots=True)
class Keepsakes:
    """What is to be remembered of one action, and what it returned with which labels."""

    wanted: Sequence[Remember]
    action: Action
    result: Json
    labels: Labels


@dataclass(frozen=True, slots=True)
class Remembering:
    """Fulfils what policies want remembered."""

    parts: Parts

    async def fulfil(self, tx: AsyncConnection, run: RunRow, doer: Doer, kept: Keepsakes) -> tuple[Draft, ...]:
        """Remember; return what to record.

        Raises:
            UnkeptError: something of it cannot be remembered; the transaction is to be given up.
            UnavailableError: the database is away.
        """
        drafts: list[Draft] = []
        for number, one in enumerate(kept.wanted):
            key = f"{idempotency_key(run.id, doer.step)}:{number}"
            drafts += await self._remember(tx, doer, kept, one, key)
        return tuple(drafts)

    async def of_settled(
        self, tx: AsyncConnection, run: RunRow, step_id: str, result: Json, labels: Labels
    ) -> tuple[Draft, ...]:
        """Remember of what a person says was done, and returned ``result``; return what to record.

        Raises:
            UnkeptError: something of it cannot be remembered.
        """
        parts = self.parts
        situation = await read_situation(tx, run.id, step_id, parts.plans, unretained=parts.unretained)
        wanted = wanted_of(situation)
        if not wanted:
            return ()
        try:
            appointed = appoint(parts.catalogue(run.tenant), situation)
            situation, action = await meant(tx, situation, appointed, parts.plans)
        except (UncataloguedError, UnfitError, RedactionError) as error:
            raise UnkeptError("nobody can say any more about whom it is") from error
        return await self.fulfil(tx, run, doer_of(situation), Keepsakes(wanted, action, result, labels))

    async def _remember(
        self, tx: AsyncConnection, doer: Doer, kept: Keepsakes, one: Remember, key: str
    ) -> tuple[Draft, ...]:
        memory = self.parts.catalogue(doer.tenant).memory
        why = unkeepable(one, kept.action, memory)
        if why or self.parts.memory is None:
            raise UnkeptError(why or "this server has no memory")
        try:
            there, value = find(kept.result, split(one.path))
        except PointerError:
            there, value = False, None
        if not there:
            raise UnkeptError("what is to be remembered is not in what was returned")
        labels = rebase(kept.labels, split(one.path), ())
        for flaw in label_flaws(REMEMBER, {"/value": names(labels)}, memory):
            raise UnkeptError(f"what is to be remembered {flaw.message} ({flaw.code})")
        entry = Entry(
            tenant=doer.tenant,
            name=one.memory_class,
            declared=memory.classes[one.memory_class],
            subject=subject_of(one, kept.action),
            value=value,
            labels=join(labels),
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


def doer_of(situation: Situation) -> Doer:
    """Return who does a step: its agent, on behalf of the run's principal."""
    run, agent = situation.run, situation.spec.agent
    return Doer(run.tenant, run.id, situation.step.id, agent, run.principal.id)


def wanted_of(situation: Situation) -> tuple[Remember, ...]:
    """Return what the newest decision on a step wants remembered of it."""
    if situation.decision is None:
        return ()
    return sort_out(Decided.from_json(situation.decision).decision.obligations).remembers
