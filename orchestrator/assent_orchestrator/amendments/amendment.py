"""A plan that is not as its process says, put before the owner of the process. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assent_orchestrator.plan.conformance import conformance
from assent_orchestrator.plan.difference import Change, Sort
from assent_orchestrator.plan.model import Plan
from assent_sidecar.catalogue.process import Process
from assent_sidecar.facts import AmendmentFacts

MOST_PARTS = 200
"""How many parts that differ policies, and the trail, are told."""


class AmendmentState(StrEnum):
    """What became of an amendment."""

    OPEN = "open"
    DISMISSED = "dismissed"
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True)
class Amendment:
    """What somebody proposed: ``plan`` has every step and choice, and no inputs.

    ``version`` and ``owner`` are those of the process then. ``revision`` is the bundle under which it was proposed or,
    when it was adopted, by which. ``closed_by`` is empty while it is open.
    """

    tenant: str
    id: str
    process: str
    version: str
    owner: str
    proposer: str
    plan: Plan
    plan_digest: str
    changes: tuple[Change, ...]
    state: AmendmentState
    decision_id: str
    revision: str
    proposed_at: datetime
    closed_by: str | None = None
    closed_at: datetime | None = None
    reason: str | None = None


def facts_of(changes: Iterable[Change]) -> AmendmentFacts:
    """Return what policies are told of the differences."""
    parts = [change.path for change in changes]
    sorts: dict[str, Sort] = {}
    for change in changes:
        root, _, rest = change.path.partition(".")
        step, _, part = rest.partition(".")
        if root == "steps":
            sorts.setdefault(step, Sort.CHANGED if part else change.sort)
    of = {sort: tuple(step for step, one in sorts.items() if one is sort) for sort in Sort}
    return AmendmentFacts(
        added=of[Sort.ADDED], removed=of[Sort.REMOVED], changed=of[Sort.CHANGED], parts=tuple(parts[:MOST_PARTS])
    )


def adopts(process: Process, amendment: Amendment) -> bool:
    """Say whether a process, whatever its version, is as somebody proposed: a plan with these steps conforms to it."""
    return not conformance(amendment.plan.model_copy(update={"process_version": process.version}), process)
