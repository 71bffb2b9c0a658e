"""What is wrong with the arguments of an operation of memory, beside their form. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assent_sidecar.catalogue.memory import Memory, MemoryClass
from assent_sidecar.catalogue.own import FORGET, MEMORY, REMEMBER
from assent_sidecar.catalogue.subject import one_writing
from assent_sidecar.model import Json, Pointer, seconds

NO_CLASS = "NO_CLASS"
UNKNOWN_CLASS = "UNKNOWN_CLASS"
NO_PURPOSE = "NO_PURPOSE"
PURPOSE_DIFFERS = "PURPOSE_DIFFERS"
CLASS_NEVER = "CLASS_NEVER"
CLASS_AUDIT = "CLASS_AUDIT"
LABELS_BOUND = "LABELS_BOUND"
TTL_TOO_LONG = "TTL_TOO_LONG"


_MOST_NAMED = 10
_OF_RECEIPTS = frozenset({"", "reason"})
"""What a receipt keeps of the arguments of forgetting, or all of them: a subject is a keyed digest there."""

_DURATION = re.compile(r"[0-9]{1,9}(ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class MemoryFlaw:
    """What is wrong with the argument ``member``; ``code`` is UPPER_SNAKE."""

    member: str
    code: str
    message: str


def memory_flaws(action: str, args: Mapping[str, Json], memory: Memory) -> Iterator[MemoryFlaw]:
    """Yield what is wrong with the arguments of ``system.operation``; nothing, where that is none of memory.

    What is bound to something is not known yet, and nothing is said of it; nor of what is no text, which does not fit
    the schema of the arguments anyway.
    """
    system, _, operation = action.partition(".")
    if system != MEMORY:
        return
    labels = args.get("labels")
    labels = labels if isinstance(labels, list) else [labels]
    if operation == "recall" and any(isinstance(label, dict) for label in labels):
        yield MemoryFlaw("labels", LABELS_BOUND, "the labels that values may have are written out, not bound")
    subject = args.get("subject")
    if isinstance(subject, str) and (why := one_writing(subject)) is not None:
        yield MemoryFlaw("subject", *why)
    name = args.get("class")
    declared = memory.classes.get(name) if isinstance(name, str) else None
    if operation == "forget" and name is None:
        return
    if _is_missing(name):
        yield MemoryFlaw("class", NO_CLASS, f"no class is named; write one of memory.yaml: {_named(memory)}")
    elif isinstance(name, str) and declared is None:
        yield MemoryFlaw("class", UNKNOWN_CLASS, no_such_class(memory))
    elif declared is not None:
        yield from _of_retention(declared)
        yield from _of_length(args.get("ttl"), declared)
    if operation != "forget":
        purposes = declared.purposes if declared is not None else ()
        yield from _of_purpose(args.get("purpose"), purposes if operation == "recall" else purposes[:1])


def label_flaws(action: str, labels: Mapping[Pointer, Iterable[str]], memory: Memory) -> Iterator[MemoryFlaw]:
    """Yield what is wrong with the labels of the arguments of ``system.operation``: those of what is never retained.

    Nothing is ever remembered with one of them, in whichever class; and of what is forgotten, the receipt keeps the
    reason as it is. There is one flaw an argument and label.
    """
    found = {(pointer.split("/")[1] if pointer else "", name) for pointer, names in labels.items() for name in names}
    for member, label in sorted(found):
        name = memory.unretained((label,))
        if name is not None and (action == REMEMBER or (action == FORGET and member in _OF_RECEIPTS)):
            yield MemoryFlaw(member, CLASS_NEVER, never_kept(name, label))


def never_kept(name: str, label: str) -> str:
    """Return what is said of a value with a label of the class ``name``, of which nothing is retained."""
    return f"carries the label {label!r} of the class {name!r}, of which nothing is ever remembered"


def no_such_class(memory: Memory) -> str:
    """Return what is said of a class that nobody declared."""
    return f"memory.yaml has no class of this name; it has {_named(memory)}"


def _named(memory: Memory) -> str:
    return ", ".join(sorted(memory.classes)[:_MOST_NAMED]) or "none"


def _of_retention(declared: MemoryClass) -> Iterator[MemoryFlaw]:
    if declared.retention == "never":
        yield MemoryFlaw("class", CLASS_NEVER, "nothing of this class is ever remembered")
    elif declared.retention == "audit":
        yield MemoryFlaw("class", CLASS_AUDIT, "this class is the trail, which only Assent writes")


def _of_length(ttl: Json, declared: MemoryClass) -> Iterator[MemoryFlaw]:
    if not isinstance(ttl, str) or declared.ttl is None or not _DURATION.fullmatch(ttl):
        return
    if seconds(ttl) > seconds(declared.ttl):
        yield MemoryFlaw("ttl", TTL_TOO_LONG, f"memory.yaml keeps values of this class for at most {declared.ttl}")


def _of_purpose(purpose: Json, purposes: tuple[str, ...]) -> Iterator[MemoryFlaw]:
    wanted = " or ".join(repr(one) for one in purposes[:_MOST_NAMED])
    if _is_missing(purpose):
        what = wanted or "what it is for"
        yield MemoryFlaw(
            "purpose", NO_PURPOSE, f"no purpose is named; write {what}, word for word as memory.yaml has it"
        )
        return
    if isinstance(purpose, str) and purposes and purpose not in purposes:
        yield MemoryFlaw("purpose", PURPOSE_DIFFERS, f"memory.yaml has this class for {wanted}")


def _is_missing(value: Json) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
