"""An action: what is decided, approved, permitted and performed, named by its digest."""

from collections.abc import Collection, Iterable, Mapping

from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.label import join
from assent_orchestrator.plan.unretained import labels_of_never
from assent_sidecar.canonical import digest
from assent_sidecar.facts import Action, Effect
from assent_sidecar.model import Json, Pointer


def make_action(
    name: str,
    effect: Effect,
    args: dict[str, Json],
    labels: Mapping[Pointer, Iterable[str]],
    unknown: Iterable[Pointer] = (),
) -> Action:
    """Return the action ``name`` (``system.operation``) on ``args``, with its digest.

    Raises:
        NotCanonicalError: the arguments have no canonical form.
        pydantic.ValidationError: the name, a label or a pointer is malformed.
    """
    system, _, operation = name.partition(".")
    tidy = join(labels)
    return Action(
        system=system,
        operation=operation,
        effect=effect,
        args=args,
        labels=tidy,
        unknown=tuple(sorted(unknown)),
        digest=action_digest(system, operation, args, tidy),
    )


def confided(action: Action, never: Collection[str], digests: Digests) -> Action:
    """Return the action under the digest that may be written down: a keyed one where an argument is never retained.

    Raises:
        MemoryKeyWrongError: that is so, and this server has not got the key.
    """
    if not labels_of_never(action.labels, never):
        return action
    return action.model_copy(update={"digest": digests.keyed(action.digest)})


def remade(action: Action, args: dict[str, Json], labels: Mapping[Pointer, Iterable[str]], digests: Digests) -> Action:
    """Return the action with other arguments, under a keyed digest if it had one.

    Raises:
        NotCanonicalError: the arguments have no canonical form.
        MemoryKeyWrongError: it had one, and this server has not got the key.
    """
    made = make_action(f"{action.system}.{action.operation}", action.effect, args, labels)
    return made.model_copy(update={"digest": digests.like(action.digest, made.digest)})


def plain_digest(action: Action) -> str:
    """Return the plain digest of what an action really is, whatever digest it says: that is what tool servers know."""
    return action_digest(action.system, action.operation, action.args, action.labels)


def action_digest(
    system: str, operation: str, args: Mapping[str, Json], labels: Mapping[Pointer, Iterable[str]]
) -> str:
    """Return ``sha256:<hex>`` over the RFC 8785 form of an action.

    Raises:
        NotCanonicalError: the arguments have no canonical form.
    """
    return digest(
        {
            "system": system,
            "operation": operation,
            "args": dict(args),
            "labels": {pointer: list(names) for pointer, names in join(labels).items()},
        }
    )
