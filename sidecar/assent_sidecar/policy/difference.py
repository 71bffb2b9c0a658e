"""Compares the decision that was wanted with the one that was given. Pure."""

from collections.abc import Iterable, Iterator

from assent_sidecar.canonical import canonical
from assent_sidecar.decision import ApprovalRequirement, Decided, Decision, StepForecast
from assent_sidecar.model import Document, Json
from assent_sidecar.policy.cases import Want, WantedApproval

_ORDERED = frozenset({"stages"})


def compare(want: Want, decided: Decided) -> tuple[str, ...]:
    """Return every difference in a line for people; nothing when the decision is the wanted one.

    A deny in the absence of a decision (a fault) is what was wanted only if its code is: a case that wants a deny must
    not pass because the policies are broken.
    """
    decision = decided.decision
    if decided.fault and set(decided.codes) != set(want.reasons or ()):
        messages = "; ".join(f"{reason.code}: {reason.message}" for reason in decision.reasons)
        return (f"wanted {want.verdict}, but no decision could be had ({messages})",)
    return tuple(_decision(want, decision, ""))


def _decision(want: Want, given: Decision | StepForecast, where: str) -> Iterator[str]:
    if given.verdict is not want.verdict:
        reasons = ", ".join(f"{reason.code} ({reason.scope or 'no policy'})" for reason in given.reasons)
        yield f"{where}verdict: wanted {want.verdict}, got {given.verdict} because of {reasons or 'nothing'}"
    if want.reasons is not None:
        yield from _lists(f"{where}reasons", want.reasons, {reason.code for reason in given.reasons})
    if want.obligations is not None:
        yield from _lists(f"{where}obligations", map(_text, want.obligations), map(_text, given.obligations))
    if want.approval is not None:
        yield from _approval(want.approval, given.approval, where)
    if want.defer_until is not None and want.defer_until != given.defer_until:
        yield f"{where}defer_until: wanted {want.defer_until}, got {given.defer_until}"
    taken = given.taken if isinstance(given, Decision) else None
    if want.taken is not None and want.taken != taken:
        yield f"{where}taken: wanted {_json(want.taken)}, got {_json(taken)}"
    steps = given.steps if isinstance(given, Decision) else {}
    for name, wanted in (want.steps or {}).items():
        if name in steps:
            yield from _decision(wanted, steps[name], f"{where}step {name}: ")
        else:
            yield f"{where}step {name}: wanted {wanted.verdict}, but the plan has no such step"


def _approval(want: WantedApproval, given: ApprovalRequirement | None, where: str) -> Iterator[str]:
    if given is None:
        yield f"{where}approval: wanted one, got none"
        return
    wanted, got = want.to_json(), given.to_json()
    for name, value in wanted.items():
        if value is None:
            continue
        if isinstance(value, list) and name not in _ORDERED:
            yield from _lists(f"{where}approval.{name}", map(_json, value), map(_json, got[name]))
        elif value != got[name]:
            yield f"{where}approval.{name}: wanted {_json(value)}, got {_json(got[name])}"


def _lists(name: str, wanted: Iterable[str], given: Iterable[str]) -> Iterator[str]:
    wanted, given = set(wanted), set(given)
    missing, extra = sorted(wanted - given), sorted(given - wanted)
    if missing:
        yield f"{name}: missing {', '.join(missing)}"
    if extra:
        yield f"{name}: not wanted {', '.join(extra)}"


def _text(document: Document) -> str:
    return _json(document.to_json())


def _json(value: Json) -> str:
    return canonical(value).decode()
