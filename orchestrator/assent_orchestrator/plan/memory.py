"""What is wrong with how memory is to be used: without a class, for another purpose, where nothing is kept. Pure.

The same holds of what callers ask and of what a plan says; nobody asks the policies about it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from assent_orchestrator.errors import Fault
from assent_sidecar.catalogue.memory import Memory, MemoryClass
from assent_sidecar.model import seconds
from assent_sidecar.question import MemoryOperation

_ABOUT_VALUES = ("remember", "recall")
_ABOUT_SUBJECTS = ("remember", "recall", "forget", "hold")


@dataclass(frozen=True, slots=True)
class Use:
    """How memory is to be used; empty is what was not said. ``labels`` are those of anything in the value.

    ``ttl`` is in seconds; ``in_run`` says that it is in a run.
    """

    operation: MemoryOperation
    memory_class: str = ""
    purpose: str = ""
    subject: str = ""
    labels: Collection[str] = ()
    ttl: float | None = None
    in_run: bool = False


def faults(use: Use, declared: Memory, root: str = "") -> Iterator[Fault]:
    """Yield everything that is wrong; ``root`` is where in the request it is written, as in ``steps[2].args.``."""
    found = declared.classes.get(use.memory_class)
    about_values = use.operation in _ABOUT_VALUES
    if not use.memory_class and about_values:
        yield Fault(f"{root}class", "NO_CLASS", "nothing is remembered or recalled without a class of memory")
    if use.memory_class and found is None:
        yield Fault(f"{root}class", "UNKNOWN_CLASS", "there is no class of memory of this name")
    if found is not None and use.operation != "list":
        yield from _faults_of_class(use, found, root)
    if about_values and not use.purpose:
        yield Fault(f"{root}purpose", "NO_PURPOSE", "nothing is remembered or recalled without a purpose")
    elif about_values and found is not None and not _fits(use, found):
        told = "the class is not for this purpose; memory.yaml says for which it is"
        yield Fault(f"{root}purpose", "PURPOSE_DIFFERS", told)
    if use.operation in _ABOUT_SUBJECTS and not use.subject:
        yield Fault(f"{root}subject", "NO_SUBJECT", "say about whom or what: memory is kept by subject")
    if use.operation == "remember" and declared.unretained(frozenset(use.labels)) is not None:
        yield Fault(f"{root}value", "CLASS_NEVER", "the value carries a label of a class that is never retained")


def _faults_of_class(use: Use, found: MemoryClass, root: str) -> Iterator[Fault]:
    if found.retention == "never":
        yield Fault(f"{root}class", "CLASS_NEVER", "nothing of this class is ever retained")
    elif found.retention == "audit":
        yield Fault(f"{root}class", "CLASS_AUDIT", "only Assent writes this class, in the trail; read it there")
    elif use.operation in _ABOUT_VALUES and found.scope == "run" and not use.in_run:
        yield Fault(f"{root}run", "NO_RUN", "what is in this class lasts as long as a run: say which")
    if use.ttl is not None and found.ttl is not None and use.ttl > seconds(found.ttl):
        yield Fault(f"{root}ttl", "TTL_TOO_LONG", f"the class keeps nothing for longer than {found.ttl}")


def _fits(use: Use, found: MemoryClass) -> bool:
    return use.purpose in found.purposes if use.operation == "recall" else use.purpose == found.purpose
