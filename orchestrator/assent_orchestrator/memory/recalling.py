"""Recalling: the policies are asked before anything is looked for, and again for each set of labels that is found.

What may not be seen with its labels is withheld and counted; what is returned is recorded, value by value.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assent_orchestrator.caller import Caller
from assent_orchestrator.governance.judging import refusal
from assent_orchestrator.memory import note
from assent_orchestrator.memory.curtailing import Found, curtailed, redactions_in
from assent_orchestrator.memory.entry import MOST_RECALLED, Sought
from assent_orchestrator.memory.errors import MemoryUnreadableError
from assent_orchestrator.memory.keeper import Answer, Keeper
from assent_orchestrator.memory.standing import Standing, told
from assent_orchestrator.memory.wish import Wish
from assent_orchestrator.store.look import one_look
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Redact

MOST_SETS = 20
"""How many sets of labels the policies are asked about in one call; values with others are withheld."""

_DEFAULT_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Recalling:
    """Recalls what the policies let be seen."""

    keeper: Keeper

    async def recall(self, caller: Caller, wish: Wish, *, within: float | None = None) -> tuple[Answer, Found]:
        """Recall what is remembered of a subject in one class, for a purpose; newest first.

        Raises:
            ForbiddenError: the caller may not ask.
            InvalidError: there is no such class, or it is not for that purpose.
            MemoryKeyWrongError: this server has not got the master key of the database.
            MemoryUnreadableError: a value was changed by somebody else; nothing is returned.
            BusyError: as many decisions wait as may.
            UnavailableError: it could not be recorded; nothing is returned.
        """
        keeper = self.keeper
        catalogue = keeper.catalogue(caller.tenant)
        who = await keeper.examined(caller, wish, catalogue)
        now = keeper.clock()
        decided = await keeper.gate.decide(who.question(told(wish, catalogue), now), within=within)
        said = refusal(decided, ("redact",))
        if said:
            return Answer(decided, said), Found()
        sought = Sought(
            tenant=caller.tenant,
            name=wish.memory_class,
            declared=catalogue.memory.classes[wish.memory_class],
            subject=wish.subject,
            at=now,
            labels=wish.only_labels,
            run=who.run_id,
            limit=min(wish.limit or _DEFAULT_LIMIT, MOST_RECALLED),
        )
        async with one_look(keeper.engine) as tx:
            there = await keeper.memories.sets(tx, sought)
        always = redactions_in(decided.decision.obligations)
        sets = [labels for labels in there if labels and sought.grants(labels)]
        more = await self._granted(who, wish, catalogue, sorted(sets[:MOST_SETS]), within)
        granted = {(): always} | {labels: (*always, *redactions) for labels, redactions in more.items()}
        try:
            return Answer(decided), await self._open(who, wish, sought, there, granted)
        except MemoryUnreadableError as error:
            await keeper.refuse(who, wish, error)  # somebody changed the database: that is not to go unnoticed
            raise

    async def _granted(
        self,
        who: Standing,
        wish: Wish,
        catalogue: Catalogue,
        sets: Sequence[tuple[str, ...]],
        within: float | None,
    ) -> dict[tuple[str, ...], tuple[Redact, ...]]:
        """Return what is taken away from values with each set of labels; those that may not be seen are not there."""
        keeper = self.keeper
        questions = [who.question(told(wish, catalogue, labels=labels), keeper.clock()) for labels in sets]
        decided = await keeper.gate.decide_each(questions, within=within)
        return {
            labels: redactions_in(said.decision.obligations)
            for labels, said in zip(sets, decided, strict=True)
            if not refusal(said, ("redact",))
        }

    async def _open(
        self,
        who: Standing,
        wish: Wish,
        sought: Sought,
        there: Mapping[tuple[str, ...], int],
        granted: Mapping[tuple[str, ...], tuple[Redact, ...]],
    ) -> Found:
        """Open what may be seen and record it; nothing is returned that is not recorded."""
        keeper = self.keeper
        seen = [labels for labels in there if labels in granted and sought.grants(labels)]
        unseen = sum(there.values()) - sum(there[labels] for labels in seen)
        async with keeper.trail.recording() as tx:
            allowed = await keeper.memories.find(tx, sought, seen)
            opened = await keeper.memories.open(tx, sought.tenant, allowed)
            found = await asyncio.to_thread(curtailed, opened, granted)
            found = replace(found, withheld=found.withheld + unseen)
            draft = note.recalled(
                found.values,
                found.withheld,
                who.actor,
                subject_key=keeper.memories.vault.subject_key(sought.tenant, sought.subject),
                name=sought.name,
                purpose=wish.purpose,
                redacted=found.redacted,
                run=who.run_id,
                on_behalf_of=who.principal.id,
            )
            await keeper.trail.append(tx, sought.tenant, (draft,))
        return found
