"""What the policies are told of an action of memory, beside the action itself. Pure."""

from assent_sidecar.canonical import canonical
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.own import MEMORY
from assent_sidecar.model import Json
from assent_sidecar.question import Action, MemoryFacts

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
    name = _text(args.get("class"))
    declared = memory.classes.get(name)
    labels, size, ttl = _listed(args.get("labels")), 0, None
    if action.operation == "remember":
        labels = _of_value(action) | (frozenset(declared.labels) if declared is not None else frozenset())
        size = len(canonical(args["value"])) if "value" in args else 0
        ttl = args.get("ttl") or (declared.ttl if declared is not None else None)
    return MemoryFacts.from_json(
        {
            "operation": action.operation,
            "class": name if declared is not None else None,
            "purpose": _text(args.get("purpose")),
            "subject": _text(args.get("subject")),
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
