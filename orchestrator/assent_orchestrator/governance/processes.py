"""The processes of the bundle in force, as callers of its tenant may know them."""

from collections.abc import Callable
from dataclasses import dataclass

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import NotFoundError
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.catalogue.process import Process


@dataclass(frozen=True, slots=True)
class Processes:
    """Shows processes; ``bundle`` says which bundle is in force for a tenant now."""

    bundle: Callable[[str], Bundle]

    def list(self, caller: Caller) -> tuple[tuple[Process, ...], str]:
        """Return all processes by name, and the revision that they are of."""
        bundle = self.bundle(caller.tenant)
        return tuple(bundle.catalogue.processes[name] for name in sorted(bundle.catalogue.processes)), bundle.revision

    def get(self, caller: Caller, name: str) -> tuple[Process, str]:
        """Return one process, and the revision that it is of.

        Raises:
            NotFoundError: there is none of that name.
        """
        bundle = self.bundle(caller.tenant)
        found = bundle.catalogue.processes.get(name)
        if found is None:
            raise NotFoundError("there is no such process", process=name)
        return found, bundle.revision
