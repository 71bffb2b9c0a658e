"""What an approver is shown of an action: all that the answer is bound to. Its digest is in the record. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from assent_orchestrator.approvals.difference import changes_between
from assent_orchestrator.approvals.mask import hushed, is_masked, masked_by, spoken
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.edit import is_at_or_below
from assent_orchestrator.plan.redaction import RedactionError, redact
from assent_orchestrator.plan.reference import Source, references
from assent_sidecar.catalogue.own import RECALL
from assent_sidecar.decision import ApprovalRequirement, Decided, Redact, Reserve
from assent_sidecar.facts import Action, LedgerFacts
from assent_sidecar.model import Json, Pointer

EDIT = "edit"
"""Where a value comes from that an approver put in the place of another one."""

MOST_STEPS = 50
"""Of what happened so far, so many of the latest steps are shown, and of what follows so many; more are counted."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of another step of the run so far."""

    step: str
    action: str
    state: str


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a ledger stands, in ``unit``, for what the action is about."""

    unit: str
    facts: LedgerFacts


@dataclass(frozen=True, slots=True)
class Scene:
    """What is around an action when people are asked about it.

    ``args`` are the arguments as the plan has them, with their bindings, and ``edited`` where approvers put other
    values in their place. ``on_yes`` are the steps that come next, ``on_no`` what follows when somebody says no.
    ``before`` is what was presented of the step the last time, with the digest of that action; ``digests`` are
    how it is named where it has a value that is never retained.
    """

    agent: str
    principal: str
    args: Mapping[str, Json]
    digests: Digests
    edited: Collection[Pointer] = ()
    so_far: Sequence[Happened] = ()
    on_yes: Sequence[str] = ()
    on_no: str = "stops"
    ledgers: Mapping[str, Counter] = field(default_factory=dict)
    before: Mapping[str, Json] | None = None


def present(
    action: Action,
    requirement: ApprovalRequirement,
    decided: Decided,
    scene: Scene,
    never: Collection[str] = (),
) -> dict[str, Json]:
    """Return what an approver is shown, with what the policy masks left out and named.

    Places of what redactions take away before it is done are named as well, whatever is shown there.

    What carries one of the labels ``never`` is named, too, with words in its place: it is stored nowhere.

    The digest of the action is left out with it: who knows all the rest finds by trying what it is of.
    """
    told, unsaid = spoken(action.args, action.labels, never)
    shown, hidden = masked_by(requirement, told, action.labels)
    hidden = tuple(sorted({*hidden, *(place for place in unsaid if not is_masked(place, hidden))}))
    presented: dict[str, Json] = {
        **around(decided, scene),
        "action": f"{action.system}.{action.operation}",
        "effect": action.effect,
        "args": shown,
        "masked": list(hidden),
        "labels": {pointer: list(names) for pointer, names in action.labels.items()},
        "sources": sources_of(scene.args, scene.edited),
        "action_digest": "" if hidden else action.digest,
        "costs": _costs(decided, scene.ledgers),
    }
    redacted = _redacted(action, decided, hidden)
    if redacted:
        presented["redacted"] = list(redacted)
    if scene.before is not None:
        wanted = hushed(requirement, action, never)
        found = changes_between(scene.before, action, wanted, scene.digests)
        presented["changes"] = [change.to_json() for change in found]
    return presented


def _redacted(action: Action, decided: Decided, hidden: Collection[Pointer]) -> tuple[Pointer, ...]:
    """Return where redactions take something away: the outermost places, of what is not shown the place that is named.

    Of what is recalled, the result is redacted, and not what is asked for. Where a redaction cannot be carried out with
    certainty, the step will be refused; what the policies name is told all the same.
    """
    duties = [one for one in decided.decision.obligations if isinstance(one, Redact)]
    if not duties or f"{action.system}.{action.operation}" == RECALL:
        return ()
    try:
        places = redact(action.args, action.labels, duties).pointers
    except RedactionError:
        places = tuple(one.path for one in duties)
    named = {next((at for at in hidden if is_at_or_below(place, (at,))), place) for place in places}
    return tuple(sorted(one for one in named if not is_at_or_below(one, named - {one})))


def around(decided: Decided, scene: Scene) -> dict[str, Json]:
    """Return what an approver is shown beside what is asked: who, why, what happened, and what follows.

    Controls are shown that no reason names: those of rules that held, whose policies name them in METADATA alone.
    """
    told: dict[str, Json] = {
        "agent": scene.agent,
        "principal": scene.principal,
        "reasons": [reason.to_json() for reason in decided.decision.reasons],
        "so_far": [{"step": one.step, "action": one.action, "state": one.state} for one in scene.so_far[-MOST_STEPS:]],
        "on_yes": list(scene.on_yes[:MOST_STEPS]),
        "on_no": scene.on_no,
        "revision": decided.provenance.revision,
    }
    controls = sorted({*decided.provenance.controls} - {reason.control for reason in decided.decision.reasons})
    if controls:
        told["controls"] = controls
    return told | {
        name: len(whole) - MOST_STEPS
        for name, whole in (("more_so_far", scene.so_far), ("more_on_yes", scene.on_yes))
        if len(whole) > MOST_STEPS
    }


def sources_of(args: Mapping[str, Json], edited: Collection[Pointer] = ()) -> dict[Pointer, Json]:
    """Return where the bound arguments come from, as ``{"/level": ["steps.risk.output.level"]}``.

    Of what several values are joined to, or one of several is chosen for, all are named. What an approver wrote there
    comes from an ``edit``.
    """
    found: dict[Pointer, dict[str, None]] = {}
    for reference in references(args):
        found.setdefault(reference.pointer, {})[source_name(reference.source)] = None
    kept = {pointer: list(named) for pointer, named in found.items() if not is_at_or_below(pointer, edited)}
    return dict(sorted({**kept, **{pointer: [EDIT] for pointer in edited}}.items()))


def source_name(source: Source) -> str:
    """Return where a value comes from, as approvers read it: ``steps.risk.output.level``."""
    root = "item" if source.item else "inputs" if source.step is None else f"steps.{source.step}.output"
    return ".".join((root, *source.path))


def _costs(decided: Decided, ledgers: Mapping[str, Counter]) -> list[Json]:
    """Return what the action will reserve, and where the ledgers stand; several amounts on one ledger add up."""
    amounts: dict[str, Decimal] = {}
    for duty in decided.decision.obligations:
        if isinstance(duty, Reserve):
            amounts[duty.ledger] = amounts.get(duty.ledger, Decimal(0)) + Decimal(duty.amount)
    return [_cost(name, amount, ledgers.get(name)) for name, amount in sorted(amounts.items())]


def _cost(ledger: str, amount: Decimal, counter: Counter | None) -> dict[str, Json]:
    told: dict[str, Json] = {"ledger": ledger, "amount": f"{amount:f}"}
    if counter is not None:
        facts = counter.facts
        reserved = Decimal(facts.reserved) + Decimal(facts.held)
        told |= {"unit": counter.unit, "spent": facts.spent, "reserved": f"{reserved:f}", "limit": facts.limit}
    return told
