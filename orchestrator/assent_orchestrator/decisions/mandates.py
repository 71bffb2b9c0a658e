"""From the permit that a service was called with to what it may ask for; believed only as far as it is true."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.caller import Caller
from assent_orchestrator.clock import Clock
from assent_orchestrator.errors import NotThisAgentError
from assent_orchestrator.governance.enquiry import process_facts
from assent_orchestrator.governance.handed_out import PermitStatus
from assent_orchestrator.governance.intent import EffectStatus
from assent_orchestrator.governance.mandate import Above, Mandate, Origin, UnderPermitInvalidError, read_above
from assent_orchestrator.governance.outside import OUTSIDE
from assent_orchestrator.governance.permit import Claims, PermitError, PermitIssuer
from assent_orchestrator.governance.under_way import over
from assent_orchestrator.plan.label import names
from assent_orchestrator.store.tables import effects, permits, runs, steps
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.facts import Principal
from assent_sidecar.model import Name, seconds

_OF_PARENT = (
    permits.c.agent,
    permits.c.action,
    permits.c.idempotency_key,
    permits.c.status,
    permits.c.report_by,
    permits.c.run_id,
    permits.c.step_id,
    permits.c.footing,
)


class Origins(Protocol):
    """Looks at runs."""

    async def find(self, tenant: str, run_id: str, row_id: str) -> Origin | None:
        """Return where in a run a permit was given; None: the bundle in force does not know its process any more."""
        ...


@dataclass(frozen=True, slots=True)
class Mandates:
    """Says what a permit lets a service ask for further."""

    engine: AsyncEngine
    issuer: PermitIssuer
    clock: Clock
    origins: Origins

    async def find(self, caller: Caller, agent: str, token: str, catalogue: Catalogue) -> Mandate:
        """Return what ``agent``, as whom the caller is authenticated, may ask for under a permit.

        It must be the permit of an action that a service does which acts as this agent, and the action must be under
        way. Whether it still is, is looked at again under locks by whoever commits.

        Raises:
            UnderPermitInvalidError: the token is no permit of ours, or none of the caller's tenant.
            NotThisAgentError: the action is for another agent, or for no agent at all.
            UnderPermitOverError: the action is not under way, or took longer than it may.
        """
        try:
            claims = self.issuer.read(token)
        except PermitError as error:
            raise UnderPermitInvalidError(f"{error}; send the one that you were called with") from error
        if claims.run == OUTSIDE:
            return await self._of_caller(caller, agent, claims, catalogue)
        return await self._of_step(caller, agent, claims, catalogue)

    async def _of_step(self, caller: Caller, agent: str, claims: Claims, catalogue: Catalogue) -> Mandate:
        here = runs.c.tenant == caller.tenant, runs.c.id == claims.run, steps.c.id == claims.step
        query = (
            sa.select(steps.c.action, steps.c.agent, effects.c.permit_id, effects.c.status, effects.c.idempotency_key)
            .join_from(runs, steps, steps.c.run_id == runs.c.id)
            .outerjoin(effects, sa.and_(effects.c.run_id == steps.c.run_id, effects.c.step_id == steps.c.id))
            .where(*here)
        )
        row = await self._one(query)
        if row is None:
            raise _unknown(claims)
        _require(catalogue, agent, row["action"], claims)
        if row["permit_id"] != claims.id or row["status"] != EffectStatus.INTENDED:
            raise over(claims.id)
        operation = catalogue.operation(row["action"])
        longest = timedelta(seconds=seconds(operation.timeout)) if operation is not None else timedelta()
        # After a crash nobody has settled it yet, and nobody waits for it any more.
        if self.clock() >= claims.expires_at + longest:
            raise over(claims.id)
        origin = await self.origins.find(caller.tenant, claims.run, claims.step)
        if origin is None:
            raise over(claims.id)
        returned = await self._returned(_in_step(caller.tenant, claims.run, claims.step), catalogue, claims)
        return Mandate(
            agent=agent,
            above=(Above(claims.id, row["agent"], row["action"]),),
            key=row["idempotency_key"],
            principal=origin.principal,
            process=origin.process,
            limits=catalogue.agents[agent].limits,
            labels=_known(claims, returned),
            origin=origin,
        )

    async def _of_caller(self, caller: Caller, agent: str, claims: Claims, catalogue: Catalogue) -> Mandate:
        query = sa.select(*_OF_PARENT).where(permits.c.tenant == caller.tenant, permits.c.id == claims.id)
        row = await self._one(query)
        if row is None:
            raise _unknown(claims)
        _require(catalogue, agent, row["action"], claims)
        if row["footing"] is None or row["status"] != PermitStatus.ISSUED or self.clock() >= row["report_by"]:
            raise over(claims.id)
        footing: Mapping[str, Any] = row["footing"]
        origin = None
        if row["run_id"] is not None:
            origin = await self.origins.find(caller.tenant, row["run_id"], row["step_id"])
            if origin is None:
                raise over(claims.id)
        above = read_above(footing)
        tenant, in_run = caller.tenant, origin is not None
        further = _in_step(tenant, row["run_id"], row["step_id"]) if in_run else _below(tenant, above[0].permit)
        returned = await self._returned(further, catalogue, claims)
        declared = catalogue.processes.get(footing["process"] or "")
        return Mandate(
            agent=agent,
            above=above,
            key=row["idempotency_key"],
            principal=Principal.from_json(footing["principal"]),
            process=origin.process if origin is not None else process_facts(declared) if declared else None,
            limits=catalogue.agents[agent].limits,
            labels=_known(claims, returned),
            origin=origin,
        )

    async def _one(self, query: sa.Select[Any]) -> sa.RowMapping | None:
        async with self.engine.connect() as tx:
            row: sa.RowMapping | None = (await tx.execute(query)).mappings().one_or_none()
        return row

    async def _returned(self, query: sa.Select[tuple[str]], catalogue: Catalogue, claims: Claims) -> frozenset[Name]:
        """Return the labels of what the actions that a query finds may have returned, and the called one itself will.

        Raises:
            UnderPermitOverError: the bundle in force does not know one of them any more, so nobody can tell.
        """
        async with self.engine.connect() as tx:
            found = {*(await tx.execute(query)).scalars(), claims.action}
        operations = [catalogue.operation(action) for action in found]
        if None in operations:
            raise over(claims.id)
        return frozenset(label for one in operations if one is not None for label in names(one.labels))


def _in_step(tenant: str, run: str, step: str) -> sa.Select[tuple[str]]:
    """Return the query for all that was permitted further in a step of a run, in whichever attempt.

    The service is a black box: what it was told in one attempt it may know in the next.
    """
    here = permits.c.tenant == tenant, permits.c.run_id == run, permits.c.step_id == step
    return sa.select(permits.c.action).distinct().where(*here)


def _below(tenant: str, first: str) -> sa.Select[tuple[str]]:
    """Return the query for all that was permitted further under the ``first`` of the permits, however deep."""
    above = sa.select(permits.c.id).where(permits.c.tenant == tenant, permits.c.parent_id == first).cte(recursive=True)
    whole = above.union(sa.select(permits.c.id).join(above, permits.c.parent_id == above.c.id))
    return sa.select(permits.c.action).distinct().where(permits.c.id.in_(sa.select(whole.c.id)))


def _known(claims: Claims, returned: frozenset[Name]) -> tuple[Name, ...]:
    """Return the labels of all that a service may know: what it was called with, and what was returned to it.

    Raises:
        UnderPermitInvalidError: the permit does not say what it was called with.
    """
    if claims.labels is None:
        message = "the permit says no labels, it is one of before they were in it; have the service called again"
        raise UnderPermitInvalidError(message, permit=claims.id)
    return tuple(sorted(returned.union(claims.labels)))


def _require(catalogue: Catalogue, agent: str, action: str, claims: Claims) -> None:
    if agent not in catalogue.agents or catalogue.acting(action) != agent:
        raise NotThisAgentError("the permit is for an action that another agent does", agent=agent, permit=claims.id)


def _unknown(claims: Claims) -> UnderPermitInvalidError:
    return UnderPermitInvalidError("there is no such permit; send the one that you were called with", permit=claims.id)
