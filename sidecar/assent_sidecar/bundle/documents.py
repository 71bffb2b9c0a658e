"""The documents of a workspace as they were read, each with the place that its faults are named by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from assent_sidecar.bundle.fault import WorkspaceFault
from assent_sidecar.bundle.source import Location, Source
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.ledger import Ledgers
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.own import own_systems
from assent_sidecar.catalogue.process import Process
from assent_sidecar.catalogue.system import Operation, System
from assent_sidecar.model import Document

T = TypeVar("T", bound=Document)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """One document and where it was read."""

    value: T
    source: Source

    def fault(self, path: Location, reason: str) -> WorkspaceFault:
        """Return a fault of one part of the document."""
        return self.source.fault(path, reason)


@dataclass(frozen=True, slots=True)
class Documents:
    """Every document that could be read; ``broken`` holds the names of those that could not.

    A name whose file is broken is no unknown name: its own file carries the fault.
    """

    systems: Mapping[str, Loaded[System]]
    agents: Mapping[str, Loaded[Agent]]
    processes: Mapping[str, Loaded[Process]]
    broken: Mapping[str, frozenset[str]]
    ledgers: Loaded[Ledgers] | None = None
    memory: Loaded[Memory] | None = None

    @property
    def own(self) -> Mapping[str, System]:
        """The systems that Assent adds."""
        return own_systems(self.memory.value) if self.memory is not None else {}

    def is_broken(self, folder: str, name: str) -> bool:
        """Return whether ``folder`` holds an unreadable document of that name."""
        return name in self.broken.get(folder, frozenset())

    def operation(self, action: str) -> Operation | str | None:
        """Return the operation ``system.operation``, why there is none, or None when nobody can know."""
        system, _, name = action.partition(".")
        if self.is_broken("systems", system):
            return None
        loaded = self.systems.get(system)
        declared = loaded.value if loaded is not None else self.own.get(system)
        if declared is None:
            return f"there is no system {system!r}"
        found = declared.operations.get(name)
        return found or f"the system {system!r} has no operation {name!r}"
