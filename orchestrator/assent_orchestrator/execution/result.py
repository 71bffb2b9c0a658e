"""What a call returned, or said in its place: judged, labelled, and without what is never retained. Pure."""

from dataclasses import dataclass, replace

from assent_orchestrator.execution.situation import Appointed, Situation
from assent_orchestrator.plan.label import fit, join
from assent_orchestrator.plan.schema import validate
from assent_orchestrator.plan.unretained import labels_of_never, repeating, secrets_in, shown, withheld
from assent_orchestrator.tools.outcome import OURS, TOOL_ERROR, Failure, Success
from assent_sidecar.canonical import digest
from assent_sidecar.facts import Action, Labels
from assent_sidecar.model import Json


class Bare(Action):
    """An action that was meant, without its arguments: they are lost, and it is known by its digest."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be known of a result.

    ``stored`` and ``labels`` are what may be stored of it; ``whole`` are its labels where that is less than all of it,
    or None. ``fault`` says where it is not what its operation promises; then nothing of it is stored.
    """

    stored: Json
    labels: Labels
    whole: Labels | None
    digest: str | None
    fault: str = ""


def judge(done: Success, appointed: Appointed, action: Action) -> Judged:
    """Look through a result. What repeats word for word what is not retained of the arguments is not retained either.

    Where the arguments are lost, nobody can say what repeats them, and none of it is retained. Of what is not retained
    there is no digest: what it is of could be found by trying. What is recalled has the labels that it was remembered
    with, of which one may be of what is never retained by now.
    """
    result = done.result
    private = _private(appointed, action) | labels_of_never(done.labels, appointed.never)
    violations = validate(result, appointed.operation.result)
    if violations:
        places = "; ".join(f"{one.pointer or '/'}: {one.message}" for one in violations[:10])
        return Judged(None, {}, None, *((None, shown(min(private))) if private else (digest(result), places)))
    labels = fit(join(appointed.operation.labels, done.labels), result)
    if not private:
        return Judged(result, labels, None, digest(result))
    labels = join(labels, repeated(result, appointed, action))
    less = withheld(result, labels, appointed.never)
    if less is None:
        return Judged(result, labels, None, digest(result))
    return Judged(*less, labels, digest(less[0]))


def repeated(result: Json, appointed: Appointed, action: Action) -> Labels:
    """Return labels for what repeats word for word what is not retained of the arguments: all, where they are lost."""
    private = _private(appointed, action)
    if not private:
        return {}
    if isinstance(action, Bare):
        return join({"": (min(private),)})
    return repeating(result, secrets_in(action.args, action.labels, appointed.never), min(private))


def discreet(failure: Failure, appointed: Appointed, action: Action) -> Failure:
    """Return a failure without the words of the tool server, where they may repeat what is not retained."""
    private = _private(appointed, action)
    if not private:
        return failure
    return replace(failure, code=failure.code if failure.code in OURS else TOOL_ERROR, message=shown(min(private)))


def bare(situation: Situation, appointed: Appointed, lost: frozenset[str]) -> Bare:
    """Return the action that was meant, without its arguments.

    ``lost`` are the labels for which they are: all of the arguments have them.
    """
    assert situation.intent is not None
    system, _, operation = situation.spec.action.partition(".")
    effect, known_as = appointed.operation.effect, situation.intent.action_digest
    labels: Labels = join({"": lost})
    return Bare(system=system, operation=operation, effect=effect, args={}, labels=labels, digest=known_as)


def _private(appointed: Appointed, action: Action) -> frozenset[str]:
    """Return the labels for which something of an action, or of what it returns, is not retained."""
    never = appointed.never
    return labels_of_never(action.labels, never) | labels_of_never(appointed.operation.labels, never)
