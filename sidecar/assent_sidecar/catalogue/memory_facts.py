"""What the policies are told of an action of memory, beside the action itself. Pure."""

from collections.abc import Collection

from assent_sidecar.canonical import canonical
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.own import MEMORY
from assent_sidecar.facts import Action, MemoryFacts
from assent_sidecar.model import Json

_VALUE = "/value"


def memory_facts(action: Action, memory: Memory) -> MemoryFacts | None:
    """Return what an action would do with memory, as far as its arguments are known; None: it is none of memory.

    ``labels`` are those of the value that would be remembered, with those of its class, or those that a recalled value
    may have.

    Raises:
        NotCanonicalError: the value has no canonical form.
    """
    if action.system != MEMORY:
        return None
    args = action.args
    remembers = action.operation == "remember"
    return facts_of(
        action.operation,
        memory,
        name=_text(args.get("class")),
        purpose=_text(args.get("purpose")),
        subject=_text(args.get("subject")),
        labels=_of_value(action) if remembers else _listed(args.get("labels")),
        ttl=args.get("ttl") if remembers else None,
        size=len(canonical(args["value"])) if remembers and "value" in args else 0,
    )


def facts_of(
    operation: str,
    memory: Memory,
    *,
    name: str,
    purpose: str,
    subject: str,
    labels: Collection[str] = (),
    ttl: str | None = None,
    size: int = 0,
) -> MemoryFacts:
    """Return what the policies are told of an operation; of a class that nobody declared, none.

    What is remembered has the labels of its class as well, and its ``ttl`` where none is named.
    """
    declared = memory.classes.get(name)
    if declared is not None and operation == "remember":
        labels, ttl = {*labels, *declared.labels}, ttl or declared.ttl
    return MemoryFacts.from_json(
        {
            "operation": operation,
            "class": name if declared is not None else None,
            "purpose": purpose,
            "subject": subject,
            "labels": sorted(labels),
            "ttl": ttl,
            "retention": declared.retention if declared is not None else None,
            "size": size,
        }
    )


def _of_value(action: Action) -> frozenset[str]:
    """Return the labels of anything in the value, and of what it is part of."""
    of = (names for at, names in action.labels.items() if at in ("", _VALUE) or at.startswith(f"{_VALUE}/"))
    return frozenset(name for names in of for name in names)


def _listed(labels: Json) -> frozenset[str]:
    return frozenset(one for one in labels if isinstance(one, str)) if isinstance(labels, list) else frozenset()


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
