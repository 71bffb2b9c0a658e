"""An action: what is decided, approved, permitted and performed, named by its digest."""

from collections.abc import Iterable, Mapping

from assent_orchestrator.plan.label import join
from assent_sidecar.canonical import digest
from assent_sidecar.model import Json, Pointer
from assent_sidecar.question import Action, Effect


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
