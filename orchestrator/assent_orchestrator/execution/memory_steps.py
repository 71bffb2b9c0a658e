"""Steps of memory: done inside of this server, in one transaction with their record, and only with a permit for it.

What a tool server is to other systems, this is to the system ``memory``: it sees to it that the permit is for just this
action and that the intent of the attempt is the one that counts, and does an effect once, however often it is asked.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import AssentError, UnavailableError
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.permit import Permit, PermitError
from assent_orchestrator.memory import note
from assent_orchestrator.memory.curtailing import curtailed, redactions_in
from assent_orchestrator.memory.entry import Entry, Oblivion, Sought
from assent_orchestrator.memory.forgetting import Forgetting
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.plan.label import names, rebase
from assent_orchestrator.store.tables import effects
from assent_orchestrator.store.tables import trail as records
from assent_orchestrator.tools import outcome
from assent_orchestrator.tools.answer import MAX_RESULT_BYTES
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory import MemoryClass
from assent_sidecar.catalogue.memory_flaw import label_flaws, memory_flaws
from assent_sidecar.catalogue.own import FORGET, RECALL, REMEMBER
from assent_sidecar.decision import Redact
from assent_sidecar.facts import Action
from assent_sidecar.model import seconds

_RECALLED = 50
"""How many values are recalled where nobody says how many."""

_DONE = {REMEMBER: "memory.remembered", FORGET: note.FORGOTTEN}
"""The record of each effect."""


@dataclass(frozen=True, slots=True)
class Doer:
    """Who does a step of which run, and on whose behalf."""

    tenant: str
    run: str
    step: str
    agent: str
    on_behalf_of: str

    @property
    def actor(self) -> Actor:
        """Whom the trail names."""
        return Actor(kind="agent", id=self.agent)

    @property
    def author(self) -> str:
        """Under whose name it is kept; no caller has it, so nobody else can use up the keys of steps."""
        return f"agent:{self.agent}"


class _RefusedError(Exception):
    """What is asked for cannot be done; nothing was."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(code, message, retryable=False, effect="none")


@dataclass(frozen=True, slots=True)
class MemorySteps:
    """Does what was permitted; ``catalogue`` is that of the bundle in force for a tenant."""

    trail: Trail
    memories: Memories
    clock: Clock
    catalogue: Callable[[str], Catalogue]

    async def perform(
        self, permit: Permit, action: Action, doer: Doer, *, within: float, redactions: Sequence[Redact] = ()
    ) -> Success | Failure:
        """Do ``action`` within so many seconds, once for all attempts under one idempotency key.

        ``redactions`` are what policies take away from what is recalled.

        Raises:
            PermitError: ``permit`` is not for what ``action`` really is, or of another step, has expired, or was used.
        """
        permit.check_action(action, self.clock())
        if (permit.run, permit.step) != (doer.run, doer.step):
            raise PermitError("the permit is for another step")
        unsure: outcome.EffectKnown = "none" if action.effect == "read" else "unknown"
        try:
            async with asyncio.timeout(within), self.trail.recording() as tx:
                await _require_intent(tx, permit)
                done, drafts = await self._do(tx, permit, action, doer, redactions)
                await self.trail.append(tx, doer.tenant, drafts)
        except _RefusedError as refused:
            return refused.failure
        except TimeoutError:
            return Failure(outcome.TOOL_TIMEOUT, "memory did not answer in time", retryable=True, effect=unsure)
        except UnavailableError:
            # Also of what merely looks: then it is done again once the database is back, whatever its process says of
            # failures. It may have been recorded as a use, and nobody has what it returned.
            return Failure(outcome.TOOL_LOST, "the database went away meanwhile", retryable=True, effect="unknown")
        except AssentError as error:
            return Failure(error.code, error.message, retryable=False, effect="none")
        return done

    async def look_up(self, action: Action, doer: Doer) -> Found:
        """Say whether a step did its effect: the trail has it, also when what was remembered is gone since.

        Nothing is ever remembered or forgotten without its record, so what has none was not done.
        """
        event = _DONE.get(f"{action.system}.{action.operation}")
        if event is None:
            return Found("unknown")
        query = sa.select(records.c.record).where(
            records.c.tenant == doer.tenant, records.c.run_id == doer.run, records.c.event == event
        )
        try:
            async with self.trail.recording() as tx:
                found = [json.loads(row.record) for row in await tx.execute(query)]
        except UnavailableError:
            return Found("unknown")
        for record in found:
            if record.get("step") == doer.step:
                return Found("done", _told(action.operation, record["detail"]))
        return Found("not_done")

    async def _do(
        self, tx: AsyncConnection, permit: Permit, action: Action, doer: Doer, redactions: Sequence[Redact]
    ) -> tuple[Success, tuple[Draft, ...]]:
        name, memory = f"{action.system}.{action.operation}", self.catalogue(doer.tenant).memory
        for flaw in (*memory_flaws(name, action.args, memory), *label_flaws(name, action.labels, memory)):
            raise _RefusedError(flaw.code, flaw.message)
        declared = memory.classes.get(str(action.args.get("class")))
        if name == FORGET:
            return await self._forget(tx, permit, action, doer)
        if declared is not None and name == REMEMBER:
            return await self._remember(tx, permit, action, doer, declared)
        if declared is not None and name == RECALL:
            return await self._recall(tx, action, doer, declared, redactions)
        raise _RefusedError(outcome.TOOL_UNIMPLEMENTED, "memory has no such operation")

    async def _remember(
        self, tx: AsyncConnection, permit: Permit, action: Action, doer: Doer, declared: MemoryClass
    ) -> tuple[Success, tuple[Draft, ...]]:
        ttl = action.args.get("ttl")
        entry = Entry(
            tenant=doer.tenant,
            name=str(action.args["class"]),
            declared=declared,
            subject=str(action.args["subject"]),
            value=action.args["value"],
            labels=rebase(action.labels, ("value",), ()),
            author=doer.author,
            at=self.clock(),
            ttl=seconds(ttl) if isinstance(ttl, str) else None,
            run=doer.run,
            key=permit.idempotency_key,
        )
        made = await self.memories.remember(tx, entry)
        expires = made.expires_at.isoformat() if made.expires_at is not None else None
        draft = note.remembered(made, doer.actor, on_behalf_of=doer.on_behalf_of, step=doer.step)
        return Success({"id": made.id, "expires_at": expires}), () if made.again else (draft,)

    async def _recall(
        self, tx: AsyncConnection, action: Action, doer: Doer, declared: MemoryClass, redactions: Sequence[Redact]
    ) -> tuple[Success, tuple[Draft, ...]]:
        labels, limit, subject = action.args.get("labels"), action.args.get("limit"), str(action.args["subject"])
        sought = Sought(
            tenant=doer.tenant,
            name=str(action.args["class"]),
            declared=declared,
            subject=subject,
            at=self.clock(),
            labels=frozenset(str(one) for one in labels) if isinstance(labels, list) else frozenset(),
            run=doer.run,
            limit=limit if isinstance(limit, int) else _RECALLED,
        )
        recalled = await self.memories.recall(tx, sought)
        granted = dict.fromkeys((one.known.labels for one in recalled.values), redactions_in(redactions))
        found = await asyncio.to_thread(curtailed, recalled.values, granted)
        withheld = found.withheld + recalled.withheld
        values = [
            {"id": one.known.id, "value": one.value, "remembered_at": one.known.created_at.isoformat()}
            for one in found.values
        ]
        if len(json.dumps(values)) > MAX_RESULT_BYTES:
            told = f"the values are larger than {MAX_RESULT_BYTES} bytes; recall fewer with limit"
            raise _RefusedError(outcome.TOOL_EXHAUSTED, told)
        draft = note.recalled(
            found.values,
            withheld,
            doer.actor,
            subject_key=self.memories.vault.subject_key(doer.tenant, subject),
            name=sought.name,
            purpose=str(action.args["purpose"]),
            redacted=found.redacted,
            run=doer.run,
            step=doer.step,
            on_behalf_of=doer.on_behalf_of,
        )
        # On all of them together: that is where a forecast has the labels, which knows no values.
        carried = {"/values": tuple(sorted(frozenset[str]().union(*(names(one.labels) for one in found.values))))}
        return Success({"values": values, "withheld": withheld}, carried), (draft,)

    async def _forget(
        self, tx: AsyncConnection, permit: Permit, action: Action, doer: Doer
    ) -> tuple[Success, tuple[Draft, ...]]:
        name = action.args.get("class")
        order = Oblivion(
            tenant=doer.tenant,
            subject=str(action.args["subject"]),
            author=doer.author,
            reason=str(action.args["reason"]),
            at=self.clock(),
            name=name if isinstance(name, str) else None,
            key=permit.idempotency_key,
        )
        receipt = await Forgetting(self.memories).forget(tx, order)
        draft = note.forgotten(receipt, doer.actor, run=doer.run, step=doer.step, on_behalf_of=doer.on_behalf_of)
        result = {
            "receipt": receipt.id,
            "forgotten": dict(receipt.forgotten),
            "key_destroyed": receipt.key_destroyed,
        }
        return Success(result), () if receipt.again else (draft,)


async def _require_intent(tx: AsyncConnection, permit: Permit) -> None:
    """Pass when the attempt is the one that is under way, and have nobody settle it until the transaction ends.

    Raises:
        PermitError: it is over, or another one is under way.
    """
    query = sa.select(effects.c.permit_id, effects.c.status).where(
        effects.c.run_id == permit.run, effects.c.step_id == permit.step
    )
    row = (await tx.execute(query.with_for_update(read=True))).one_or_none()
    if row is None or row.permit_id != permit.id or row.status != EffectStatus.INTENDED:
        raise PermitError("the permit was used, or it is of another attempt")


def _told(operation: str, detail: dict[str, object]) -> object:
    """Return what an effect returned, from its record."""
    if operation == "remember":
        return {"id": detail["memory"], "expires_at": detail.get("expires_at")}
    return {name: detail[name] for name in ("receipt", "forgotten", "key_destroyed")}
