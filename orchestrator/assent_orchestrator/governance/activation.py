"""An activation on record, and how it is written."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.audit.traceparent import trace_note
from assent_orchestrator.audit.trail import CHANNEL
from assent_orchestrator.store.tables import activations, bundles
from assent_sidecar.bundle.change import Change
from assent_sidecar.bundle.manifest import PERSON

TOPIC = "policies"
"""What is said on the trail's channel when an activation is recorded; no run has such an id."""

KEPT = 10
"""Activations of one tenant's policies whose archives are kept for other servers."""

_LOCK = 0x706F6C696379  # "policy": of two activations at once, one is first
_REASON = 500


class Cause(StrEnum):
    """Why a bundle came into force."""

    NAMED = "named"
    """A person named it."""
    AUTOMATIC = "automatic"
    """It passed its rehearsal, and nobody needs to be asked."""
    START = "start"
    """A server started where nothing was in force; whoever started it is the activator."""


@dataclass(frozen=True, slots=True)
class By:
    """Who brings a bundle into force, on which server and why. ``tenant`` is whose trail says so."""

    tenant: str
    actor: Actor
    server: str
    cause: Cause
    reason: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Activation:
    """One row: what came into force, and by whom."""

    number: int
    revision: str
    cause: Cause
    rollback: bool
    left: str | None
    tenant: str
    actor: str
    server: str
    reason: str
    at: datetime


def activation_of(row: Any) -> Activation:
    """Return a stored row as an activation."""
    return Activation(
        number=row["number"],
        revision=row["revision"],
        cause=Cause(row["cause"]),
        rollback=row["rollback"],
        left=row["left_revision"],
        tenant=row["tenant"],
        actor=row["actor"],
        server=row["server"],
        reason=row["reason"],
        at=row["recorded_at"],
    )


def later_than(home: str, known: Collection[str]) -> sa.Select[Any]:
    """Return the query for the last activation of a tenant's policies, if those known by their ids are earlier."""
    last = sa.select(sa.func.max(activations.c.number)).where(activations.c.id.in_(known)).scalar_subquery()
    later = sa.select(activations).where(activations.c.home == home, activations.c.number > sa.func.coalesce(last, 0))
    return later.order_by(activations.c.number.desc()).limit(1)


def seen_by_two(been: Collection[str]) -> sa.ColumnElement[bool]:
    """Return whether an activation was by a person who is not the author, or went back to what was in force.

    That is what a server was started with, what another than its author activated, or what is in ``been``.
    """
    before = activations.alias()
    seen = sa.or_(before.c.cause == Cause.START, _by_another(before))
    same = sa.and_(before.c.home == activations.c.home, before.c.revision == activations.c.revision)
    was = sa.exists().where(same, before.c.number < activations.c.number, seen)
    back = sa.and_(activations.c.cause == Cause.NAMED, activations.c.rollback)
    return sa.or_(_by_another(activations), sa.and_(back, sa.or_(was, activations.c.revision.in_(been))))


def _by_another(of: sa.FromClause) -> sa.ColumnElement[bool]:
    another = sa.func.lower(of.c.actor) != sa.func.lower(of.c.author)  # null, and so not true, where nobody is named
    somebody = of.c.author.regexp_match(f"^{PERSON}$")
    return sa.and_(of.c.cause == Cause.NAMED, sa.not_(of.c.rollback), somebody, another)


async def take_turn(tx: AsyncConnection) -> None:
    """Wait until no other activation is being recorded, on any server; until the transaction ends."""
    await tx.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


async def write(tx: AsyncConnection, home: str, change: Change, by: By, at: datetime) -> str:
    """Write an activation of a tenant's policies and the archive, tell the other servers, and return its id."""
    bundle = change.bundle
    identifier = uuid.uuid4().hex
    row = {
        "id": identifier,
        "home": home,
        "revision": bundle.revision,
        "cause": str(by.cause),
        "rollback": change.rollback,
        "left_revision": change.left,
        "tenant": by.tenant,
        "actor": by.actor.id,
        "server": by.server,
        "reason": by.reason,
        "request_id": by.request_id or None,
        "author": bundle.author,
        "sequence": bundle.sequence,
        "signed_by": bundle.signed_by,
        "origin": change.origin,
        "report": change.report.to_json() if change.report is not None else None,
        "recorded_at": at,
    }
    there = sa.select(bundles.c.revision).where(bundles.c.revision == bundle.revision)
    if (await tx.execute(there)).one_or_none() is None:  # it may be large: not sent in vain
        kept = {"revision": bundle.revision, "archive": bundle.archive, "kept_at": at}
        await tx.execute(insert(bundles).values(kept).on_conflict_do_nothing())
    await tx.execute(sa.insert(activations).values(row))
    place = sa.func.row_number().over(partition_by=activations.c.home, order_by=activations.c.number.desc())
    ranked = sa.select(activations.c.revision, place.label("place")).subquery()
    last = sa.select(ranked.c.revision).where(ranked.c.place <= KEPT)
    await tx.execute(sa.delete(bundles).where(bundles.c.revision.not_in(last)))
    await tx.execute(sa.select(sa.func.pg_notify(CHANNEL, TOPIC)))
    return identifier


def draft_of(change: Change, by: By) -> Draft:
    """Return the record of an activation, or of a rollback."""
    bundle, report = change.bundle, change.report
    detail: dict[str, Any] = {
        "revision": bundle.revision,
        "left": change.left,
        "cause": str(by.cause),
        "server": by.server,
        "origin": change.origin[:_REASON],
        "author": bundle.author,
        "sequence": bundle.sequence,
        "signed_by": bundle.signed_by,
        "rationale": by.reason,
    }
    if report is not None:
        passed: Sequence[str] = [f"{count} {part}" for part, count in report.passed_parts.items()]
        rehearsal = {"engine_version": report.engine_version, "passed": ", ".join(passed)}
        if report.against is not None:
            rehearsal |= {
                "against": report.against,
                "compared": str(report.compared),
                "differing": str(report.differing),
            }
        detail["rehearsal"] = rehearsal
    return Draft(
        event="policy.rolled_back" if change.rollback else "policy.activated",
        actor=by.actor,
        detail={name: value for name, value in detail.items() if value not in (None, "")},
        trace=trace_note(),
    )


def refusal_draft(code: str, said: str, revision: str | None, actor: Actor, server: str) -> Draft:
    """Return the record of a bundle that did not come into force; ``revision`` is None where it was not believed."""
    detail: dict[str, Any] = {"code": code, "server": server, "said": said[:_REASON]}
    if revision is not None:
        detail["revision"] = revision
    return Draft(event="policy.refused", actor=actor, detail=detail, trace=trace_note())
