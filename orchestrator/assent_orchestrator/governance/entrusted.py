"""What hand-overs leave an agent of ledgers and of memory in one run: less with each that says so, and never more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.errors import ForbiddenError
from assent_orchestrator.store.handoff_tables import handoffs
from assent_orchestrator.store.ledger_tables import reservations
from assent_sidecar.decision import Entrust
from assent_sidecar.model import Json

WITHHELD = "HANDOFF_WITHHELD"
"""Why an agent does not get what a policy lets nobody hand over to it."""


class WithheldError(ForbiddenError):
    """What is asked for was not handed over to the agent in this run."""

    code = WITHHELD


@dataclass(frozen=True, slots=True)
class Entrusted:
    """At most so much of ``ledgers``, of others whatever they have; of ``memory`` these classes, None: all."""

    ledgers: Mapping[str, Decimal]
    memory: frozenset[str] | None

    @classmethod
    def of(cls, several: Iterable[Entrust]) -> "Entrusted":
        """Return what several leave together: of each ledger the least, and the classes that all of them name."""
        ledgers: dict[str, Decimal] = {}
        memory: frozenset[str] | None = None
        for one in several:
            for name, amount in one.ledgers.items():
                ledgers[name] = min(Decimal(amount), ledgers.get(name, Decimal(amount)))
            if one.memory is not None:
                memory = frozenset(one.memory) if memory is None else memory & frozenset(one.memory)
        return cls(ledgers, memory)

    def withholds(self, classes: Iterable[str]) -> bool:
        """Say whether any of these classes of memory is not left; one that has no name yet could be any."""
        return self.memory is not None and any(name not in self.memory for name in classes)

    def names(self) -> dict[str, Json]:
        """Return it as the trail has it."""
        told: dict[str, Json] = {}
        if self.ledgers:
            told["ledgers"] = {name: f"{amount:f}" for name, amount in sorted(self.ledgers.items())}
        if self.memory is not None:
            told["memory"] = sorted(self.memory)
        return told


async def entrusted_to(tx: AsyncConnection, run: str, agents: Iterable[str]) -> dict[str, Entrusted]:
    """Return what is left to agents by all that was handed over to them in a run; those that all is left to are not in.

    Whichever policies decided it: within a run it becomes less, and never more.
    """
    query = sa.select(handoffs.c.target, handoffs.c.entrusts).where(
        handoffs.c.run_id == run,
        handoffs.c.target.in_(sorted(set(agents))),
        handoffs.c.entrusts != sa.literal_column("'[]'::jsonb"),
    )
    found: dict[str, list[Entrust]] = {}
    for row in await tx.execute(query):
        found.setdefault(row.target, []).extend(Entrust.from_json(one) for one in row.entrusts)
    return {agent: Entrusted.of(several) for agent, several in found.items()}


async def is_withheld(tx: AsyncConnection, run: str, agent: str, classes: Iterable[str]) -> bool:
    """Say whether any of these classes of memory was not handed over to an agent in a run."""
    left = (await entrusted_to(tx, run, [agent])).get(agent)
    return left is not None and left.withholds(classes)


async def room_of(
    tx: AsyncConnection, run: str, agents: Iterable[str], *, besides: str | None = None
) -> dict[tuple[str, str], Decimal]:
    """Return, by agent and ledger, what agents may still reserve in a run; where nothing is said, nothing is in.

    What was given back counts for nothing, what was spent as what it really was. ``besides`` is the key of an effect
    whose own reservation does not stand in its way. It holds for as long as the run is locked.
    """
    limited = {agent: one.ledgers for agent, one in (await entrusted_to(tx, run, agents)).items() if one.ledgers}
    if not limited:
        return {}
    counted = sa.func.sum(sa.func.coalesce(reservations.c.spent, reservations.c.amount))
    query = sa.select(reservations.c.agent, reservations.c.ledger, counted.label("taken")).where(
        reservations.c.run_id == run, reservations.c.agent.in_(limited), reservations.c.state != "released"
    )
    if besides is not None:
        query = query.where(reservations.c.effect_key != besides)
    rows = await tx.execute(query.group_by(reservations.c.agent, reservations.c.ledger))
    taken = {(row.agent, row.ledger): row.taken for row in rows}
    return {
        (agent, name): most - taken.get((agent, name), Decimal(0))
        for agent, ledgers in limited.items()
        for name, most in ledgers.items()
    }
