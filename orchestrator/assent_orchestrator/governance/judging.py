"""What follows for one action from what the policies said of it. Pure: nothing is asked and nothing is written."""

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass

from assent_orchestrator.governance.keepsake import unkeepable
from assent_orchestrator.governance.ledgers import ShortfallError, exhausted
from assent_orchestrator.governance.obligations import HANDED_OVER, Duties, sort_out
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.governance.ruling import Allowed, Deferred, Held, Refused, Ruling, Stopped
from assent_orchestrator.governance.stop import is_stopped
from assent_orchestrator.governance.till import Booking, Till
from assent_orchestrator.plan.action import remade
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.redaction import RedactionError, redact
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.own import MEMORY, RECALL
from assent_sidecar.decision import Decided, Entrust, Redact, Verdict
from assent_sidecar.facts import Action
from assent_sidecar.model import Json

UNSUPPORTED = "OBLIGATION_UNSUPPORTED"
"""Why an allow is none: it has an obligation that nobody here fulfils."""

UNFULFILLED = "OBLIGATION_UNFULFILLED"
"""Why an allow is none, or a step failed: it has an obligation that cannot be fulfilled here, or may not."""

NAMES_NOTHING = "APPROVAL_NAMES_NOTHING"
"""Why people are not asked: what a policy masks, or lets them change, is nothing that they could be asked about."""


@dataclass(frozen=True, slots=True)
class Less:
    """What a hand-over passes less than there is: ``redactions`` must not pass; ``entrusts`` of ledgers and memory."""

    redactions: tuple[Redact, ...] = ()
    entrusts: tuple[Entrust, ...] = ()


def rule(
    action: Action,
    decided: Decided,
    fulfilled: frozenset[str],
    permitted: Callable[[Action], Permit],
    memory: Memory | None = None,
    *,
    digests: Digests,
) -> Ruling:
    """Return the ruling on an action: an allow whose obligations nobody can fulfil is none.

    ``fulfilled`` are the kinds of obligations that are; ``permitted`` makes the permit, for the action as redacted.
    What is to be remembered by Assent goes into one of the classes of ``memory``; None: somebody else remembers it.
    """
    decision = decided.decision
    if is_stopped(decided):
        return Stopped(decided)
    if decided.verdict is Verdict.REQUIRE_APPROVAL and decision.approval is not None:
        return Held(decided, decision.approval)
    if decided.verdict is Verdict.DEFER and decision.defer_until is not None:
        return Deferred(decided, decision.defer_until)
    if decided.verdict is not Verdict.ALLOW or decided.fault:
        return _refused(decided)
    duties = sort_out(decision.obligations, fulfilled - {"entrust"})  # of hand-overs, whoever says that they do it
    if duties.unmet:
        return _unsupported(decided, duties)
    try:
        action = redacted(action, duties, digests)
    except RedactionError:
        return Refused(decided, UNFULFILLED, "a redaction cannot be carried out with certainty")
    if memory is not None:
        why = next(filter(None, (unkeepable(one, action, memory) for one in duties.remembers)), "")
        if why:
            return Refused(decided, UNFULFILLED, why)
    return Allowed(decided, permitted(action), action, duties.timeout, duties.retry, duties.reserves, duties.remembers)


RuledHandOver = Less | Held | Deferred | Refused | Stopped
"""What the policies make of a hand-over."""


def rule_hand_over(decided: Decided, ledgers: Container[str], *, whole: bool = False) -> RuledHandOver:
    """Return what must not pass with a hand-over, or why there is none for now, or at all.

    ``ledgers`` are those of the bundle in force: less of another one cannot be passed with certainty.
    People say yes or no to a hand-over as it is: it has no arguments that could be masked or changed; and they are not
    asked in vain, where what is demanded beside their yes cannot be fulfilled. Passed ``whole``, nothing can be
    redacted: a service is called with the arguments that its action has, whose own decision may redact them.
    """
    if is_stopped(decided):
        return Stopped(decided)
    if decided.verdict is Verdict.DEFER and decided.decision.defer_until is not None:
        return Deferred(decided, decided.decision.defer_until)
    asked = decided.decision.approval if decided.verdict is Verdict.REQUIRE_APPROVAL else None
    if (decided.verdict is not Verdict.ALLOW and asked is None) or decided.fault:
        return _refused(decided)
    duties = sort_out(decided.decision.obligations, HANDED_OVER - {"redact"} if whole else HANDED_OVER)
    if duties.unmet:
        return _unsupported(decided, duties)
    if any(name not in ledgers for one in duties.entrusts for name in one.ledgers):
        return Refused(decided, UNFULFILLED, "there is no ledger of a name of which less is to pass")
    if asked is None:
        return Less(duties.redactions, duties.entrusts)
    if asked.mask or asked.editable:
        where = ", ".join(dict.fromkeys([*asked.mask, *asked.editable]))
        return Refused(decided, NAMES_NOTHING, f"a hand-over has no arguments, and nothing at: {where}"[:500])
    return Held(decided, asked)


def refusal(decided: Decided, fulfilled: Collection[str] = ()) -> str:
    """Return the code of why something else than an action is not done; empty: it was allowed.

    An allow with an obligation whose kind is not ``fulfilled`` is none.
    """
    if decided.verdict is not Verdict.ALLOW or decided.fault:
        return decided.codes[0] if decided.codes else "DENIED"
    unmet = any(one.type not in fulfilled for one in decided.decision.obligations)
    return UNSUPPORTED if unmet else ""


def _unsupported(decided: Decided, duties: Duties) -> Refused:
    return Refused(decided, UNSUPPORTED, f"nobody here can fulfil: {', '.join(duties.unmet)}")


def _refused(decided: Decided) -> Refused:
    reason = decided.decision.reasons[0] if decided.decision.reasons else None
    return Refused(
        decided,
        code=reason.code if reason else "DENIED",
        message=reason.message if reason else "",
        halt=decided.verdict is Verdict.HALT,
    )


def taken(
    allowed: Allowed, booking: Booking | None, shortfall: ShortfallError | None, till: Till | None
) -> Allowed | Refused:
    """Reserve what an allowed action needs, or refuse it."""
    if shortfall is None and booking is not None and till is not None:
        short = till.take(booking)
        if short is None:
            return allowed
        shortfall = exhausted(short)
    shortfall = shortfall or ShortfallError("LEDGER_UNKNOWN", "nothing could be reserved")
    return Refused(allowed.decided, shortfall.code, shortfall.message)


def _another_matter(before: Mapping[str, Json], after: Mapping[str, Json]) -> bool:
    return before.keys() != after.keys() or any(after[name] != before[name] for name in before if name != "value")


def redacted(action: Action, duties: Duties, digests: Digests) -> Action:
    """Return the action with every redaction carried out.

    Of memory, what is recalled is redacted, and not what is asked for; of what is to be remembered, the value alone:
    about whom it is, and in which class, is what was decided.

    Raises:
        RedactionError: one cannot be carried out with certainty.
        MemoryKeyWrongError: the digest of the action is keyed, and ``digests`` have not got the key.

    """
    if not duties.redactions or f"{action.system}.{action.operation}" == RECALL:
        return action
    left = redact(action.args, action.labels, duties.redactions)
    if action.system == MEMORY and _another_matter(action.args, left.args):
        raise RedactionError("it would be something else that is done with memory")
    return remade(action, left.args, left.labels, digests)
