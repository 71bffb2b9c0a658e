"""The classes of memory of the bundle in force, as whoever uses memory may know them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.memory.standing import service_is_refused
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.catalogue.memory import MemoryClass


@dataclass(frozen=True, slots=True)
class Classes:
    """Shows classes; ``bundle`` says which bundle is in force for a tenant now."""

    bundle: Callable[[str], Bundle]

    def list(self, caller: Caller) -> tuple[Mapping[str, MemoryClass], str]:
        """Return all classes by name, and the revision that they are of.

        Raises:
            ForbiddenError: the caller may ask for nothing of memory.
        """
        bundle = self.bundle(caller.tenant)
        if caller.agent:
            service_is_refused(caller, bundle.catalogue)
        else:
            caller.require(Role.SUBMITTER, Role.COMPLIANCE_OFFICER, Role.AUDITOR, Role.OPERATOR)
        return dict(sorted(bundle.catalogue.memory.classes.items())), bundle.revision
