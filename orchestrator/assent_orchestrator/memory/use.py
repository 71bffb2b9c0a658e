"""What is wrong with what a caller wants of memory, whoever it is: no policy is asked about it. Pure.

``memory_flaws`` says the same of arguments in plans; here is what is said beside them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from assent_orchestrator.errors import Fault
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.memory_flaw import (
    UNKNOWN_CLASS,
    label_flaws,
    memory_flaws,
    no_such_class,
)
from assent_sidecar.catalogue.own import FORGET, MEMORY, RECALL, REMEMBER
from assent_sidecar.catalogue.subject import one_writing
from assent_sidecar.facts import MemoryOperation

NEEDS_APPOINTING = frozenset({REMEMBER, RECALL, FORGET})
"""What an agent does only when it is among what it may do at all."""


@dataclass(frozen=True, slots=True)
class Use:
    """How memory is to be used; empty is what was not said. ``labels`` are those of anything in the value.

    ``ttl`` is a duration; ``in_run`` says that it is in a run.
    """

    operation: MemoryOperation
    memory_class: str = ""
    purpose: str = ""
    subject: str = ""
    labels: Collection[str] = ()
    ttl: str | None = None
    in_run: bool = False

    @property
    def action(self) -> str:
        """What agents may or may not do at all: ``memory.recall``."""
        return f"{MEMORY}.{self.operation}"


def faults_of_subject(subject: str) -> Iterator[Fault]:
    """Yield that a subject is not written as it is kept by."""
    why = one_writing(subject)
    if why is not None:
        yield Fault("subject", *why)


def faults(use: Use, declared: Memory) -> Iterator[Fault]:
    """Yield everything that is wrong."""
    written = {"class": use.memory_class or None, "purpose": use.purpose, "ttl": use.ttl}
    yield from faults_of_subject(use.subject)
    if use.action in NEEDS_APPOINTING:
        for flaw in memory_flaws(use.action, written, declared):
            yield Fault(flaw.member, flaw.code, flaw.message)
    elif use.memory_class and use.memory_class not in declared.classes:
        yield Fault("class", UNKNOWN_CLASS, no_such_class(declared))
    if use.operation not in ("list", "lift") and not use.subject.strip():
        yield Fault("subject", "NO_SUBJECT", "says about whom or what: memory is kept by subject")
    found = declared.classes.get(use.memory_class)
    if found is not None and found.scope == "run" and not use.in_run and use.action in (REMEMBER, RECALL):
        yield Fault("run", "NO_RUN", "what is in this class lasts as long as a run: say which")
    for flaw in label_flaws(use.action, {"/value": use.labels}, declared):
        yield Fault(flaw.member, flaw.code, flaw.message)
