"""The ledgers of the bundle in force: what questions are told of them, and what an obligation to reserve means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.errors import UnavailableError
from assent_orchestrator.governance.account import Account, Circumstances, NoAccountError, account_of
from assent_orchestrator.governance.entrusted import room_of
from assent_orchestrator.governance.settlement import plain
from assent_orchestrator.governance.till import Balance, Booking, Short, Want, reserved_by, standing_of
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.decision import Reserve
from assent_sidecar.facts import Action, AgentFacts, LedgerFacts
from assent_sidecar.question import Kind, Question

_MOST = Decimal("999999999999999.999999999")
"""What an amount can say; nobody has room for more either way."""


class ShortfallError(Exception):
    """It cannot be reserved, so what was allowed is denied; ``code`` says why."""

    def __init__(self, code: str, message: str) -> None:
        """Say why."""
        super().__init__(message)
        self.code = code
        self.message = message


def exhausted(short: Short) -> ShortfallError:
    """Return what is said when there is no room."""
    if short.entrusted:
        return ShortfallError("HANDOFF_EXHAUSTED", f"less of the ledger {short.ledger!r} was handed over to the agent")
    return ShortfallError("LEDGER_EXHAUSTED", f"the ledger {short.ledger!r} has no room for it")


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Looks with ``engine``; ``catalogue`` returns what the bundle in force for a tenant declares."""

    engine: AsyncEngine
    catalogue: Callable[[str], Catalogue]

    def booking(
        self,
        question: Question,
        reserves: Sequence[Reserve],
        effect: str,
        *,
        step: str,
        agent: AgentFacts | None,
        action: Action,
    ) -> Booking:
        """Return what obligations to reserve mean for an action: several on one ledger add up.

        Raises:
            ShortfallError: a ledger is unknown, does not count the action, or nobody can say for whom; or the amount
                has more decimals than the ledger.
        """
        declared = self.catalogue(question.tenant).ledgers
        circumstances = _circumstances(question, agent, action)
        wants: dict[str, Want] = {}
        for one in reserves:
            ledger = declared.get(one.ledger)
            if ledger is None or not ledger.counts(f"{action.system}.{action.operation}"):
                raise ShortfallError("LEDGER_UNKNOWN", f"no ledger {one.ledger!r} counts this action")
            if len(one.amount.partition(".")[2].rstrip("0")) > ledger.scale:
                raise ShortfallError("LEDGER_AMOUNT", f"the ledger {one.ledger!r} does not count that exactly")
            try:
                account = account_of(one.ledger, ledger, circumstances)
            except NoAccountError as error:
                raise ShortfallError("LEDGER_KEY", f"the ledger {one.ledger!r} cannot be found: {error}") from error
            before = wants.get(one.ledger, Want(account, Decimal(ledger.limit), Decimal(0), ()))
            part = {"amount": one.amount, "actual": one.actual}
            wants[one.ledger] = replace(before, amount=before.amount + Decimal(one.amount), parts=(*before.parts, part))
        return Booking(
            effect,
            tuple(wants.values()),
            question.run.id if question.run else None,
            step,
            _id(agent) or "",
            question.step.attempt if question.step else 1,
        )

    async def informed(self, question: Question, *, effect: str | None = None) -> Question:
        """Return the question with the ledgers that count what it is about; without any it costs nothing.

        ``effect`` is the key under which an earlier attempt may have reserved: that is not taken from itself.

        Raises:
            UnavailableError: the database is away.
        """
        declared = self.catalogue(question.tenant).ledgers
        if not declared or question.kind not in _ASKED:
            return question
        whole = _accounts(declared, question, None, None) if question.kind is Kind.PLAN else {}
        if question.kind is Kind.ACTION:
            whole = _accounts(declared, question, question.agent, question.action)
        if question.handoff is not None:
            taking = self.catalogue(question.tenant).agents.get(question.handoff.target)
            whole = _accounts_of(declared, question, taking)
        steps = question.plan.steps if question.plan else ()
        asked = [(one.agent, one.action) for one in steps] + [(one.agent, one.action) for one in question.actions]
        each = [_accounts(declared, question, agent, action) for agent, action in asked]
        wanted = {account for found in (whole, *each) for account in found.values()}
        if not wanted:
            return question
        agents = {agent.id for agent in (question.agent, *(agent for agent, _ in asked)) if agent is not None}
        standing, room = await self._standing(wanted, effect, question.run.id if question.run else None, agents)

        def facts(found: Mapping[str, Account], agent: AgentFacts | None) -> dict[str, LedgerFacts]:
            return {
                name: _facts(
                    declared[name], standing.get(account, Balance()), question, room.get((_id(agent) or "", name))
                )
                for name, account in found.items()
            }

        here = facts(whole, question.agent)
        changed: dict[str, object] = {"ledgers": here}
        if question.handoff is not None:
            left = {
                name: _left(Decimal(here[name].limit), standing.get(account, Balance()))
                for name, account in whole.items()
            }
            passes = question.handoff.passes.model_copy(update={"ledgers": left})
            changed["handoff"] = question.handoff.model_copy(update={"passes": passes})
        if question.plan is not None:
            counted = (
                step.model_copy(update={"ledgers": facts(found, step.agent)})
                for step, found in zip(steps, each, strict=True)
            )
            changed["plan"] = question.plan.model_copy(update={"steps": tuple(counted)})
        if question.actions:
            changed["actions"] = tuple(
                one.model_copy(update={"ledgers": facts(found, one.agent)})
                for one, found in zip(question.actions, each, strict=True)
            )
        return question.model_copy(update=changed)

    async def _standing(
        self, wanted: set[Account], effect: str | None, run: str | None, agents: set[str]
    ) -> tuple[dict[Account, Balance], dict[tuple[str, str], Decimal]]:
        """Return where accounts stand, and what agents have left of what was handed over to them in a run."""
        try:
            async with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as tx:
                standing = await standing_of(tx, wanted)
                own = await reserved_by(tx, [effect]) if effect and standing else []
                room = await room_of(tx, run, agents, besides=effect) if run and agents else {}
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise UnavailableError("nobody can say what is counted; nothing was done") from error
        for one in own:
            found = standing.get(one.account)
            if found is not None and one.state == "held":
                standing[one.account] = replace(found, held=found.held - one.amount)
        return standing, room


_ASKED = frozenset({Kind.ACTION, Kind.PLAN, Kind.BATCH, Kind.HANDOFF})


def _accounts(
    declared: Mapping[str, Ledger], question: Question, agent: AgentFacts | None, action: Action | None
) -> dict[str, Account]:
    """Return the accounts that are known to count an action; without one, those that count whatever is done."""
    circumstances = _circumstances(question, agent, action)
    found = {}
    for name, ledger in declared.items():
        if action is None and ledger.actions:
            continue
        if action is not None and not ledger.counts(f"{action.system}.{action.operation}"):
            continue
        try:
            found[name] = account_of(name, ledger, circumstances)
        except NoAccountError:
            continue  # whoever has to reserve on it is denied
    return found


def _accounts_of(declared: Mapping[str, Ledger], question: Question, agent: Agent | None) -> dict[str, Account]:
    """Return the accounts that are known to count something of what an agent may do."""
    may = agent.may if agent is not None else ()
    counting = {name: ledger for name, ledger in declared.items() if any(ledger.counts(action) for action in may)}
    whatever = {name: ledger.model_copy(update={"actions": ()}) for name, ledger in counting.items()}
    return _accounts(whatever, question, question.agent, None)


def _circumstances(question: Question, agent: AgentFacts | None, action: Action | None) -> Circumstances:
    return Circumstances(
        tenant=question.tenant,
        time=question.time,
        principal=question.principal.id,
        agent=_id(agent),
        process=question.process.name if question.process else None,
        run=question.run.id if question.run else None,
        inputs=question.inputs,
        action=action,
    )


def _left(limit: Decimal, balance: Balance) -> str:
    """Return what a ledger has left."""
    left = limit - balance.taken
    return plain(min(max(left, Decimal(0)), _MOST))


def _id(agent: AgentFacts | None) -> str | None:
    return agent.id if agent else None


def _facts(ledger: Ledger, balance: Balance, question: Question, room: Decimal | None) -> LedgerFacts:
    """Return what is told of a ledger; where less ``room`` was handed over than it has, the limit is lower for it."""
    limit = ledger.limit
    if room is not None:
        limit = min(limit, plain(min(balance.taken + max(room, Decimal(0)), _MOST)), key=Decimal)
    return LedgerFacts(
        limit=limit,
        spent=plain(min(balance.spent, _MOST)),
        reserved=plain(min(balance.reserved, _MOST)),
        held=plain(min(balance.held, _MOST)),
        until=ledger.until(question.time),
    )
