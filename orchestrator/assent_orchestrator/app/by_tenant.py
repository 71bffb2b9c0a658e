"""The use cases that are about a caller's own policies: each call goes to those of the caller's tenant."""

from dataclasses import dataclass

from assent_orchestrator.app.realms import Realms
from assent_orchestrator.caller import Caller
from assent_orchestrator.governance.policies import Policies
from assent_orchestrator.shadows.shadow import Report, Shadow


@dataclass(frozen=True, slots=True)
class PoliciesByTenant:
    """``Activations`` of the caller's policies; each method raises as there."""

    realms: Realms

    async def status(self, caller: Caller) -> Policies:
        """Say how things are, as far as the caller may see it."""
        return await self.realms.of(caller.tenant).activations.status(caller)

    async def activate(self, caller: Caller, revision: str, reason: str, request_id: str = "") -> Policies:
        """Put the bundle that waits in force."""
        return await self.realms.of(caller.tenant).activations.activate(caller, revision, reason, request_id)

    async def roll_back(self, caller: Caller, revision: str, reason: str, request_id: str = "") -> Policies:
        """Put a bundle back in force that was before."""
        return await self.realms.of(caller.tenant).activations.roll_back(caller, revision, reason, request_id)


@dataclass(frozen=True, slots=True)
class ShadowsByTenant:
    """``Shadows`` beside the caller's policies; each method raises as there."""

    realms: Realms

    async def start(self, caller: Caller, *, archive: bytes = b"", revision: str = "") -> Shadow:
        """Have a candidate asked beside the policies in force."""
        return await self.realms.of(caller.tenant).shadows.start(caller, archive=archive, revision=revision)

    async def stop(self, caller: Caller, shadow_id: str) -> Shadow:
        """End a shadow."""
        return await self.realms.of(caller.tenant).shadows.stop(caller, shadow_id)

    async def report(self, caller: Caller, shadow_id: str) -> Report:
        """Return what a shadow found."""
        return await self.realms.of(caller.tenant).shadows.report(caller, shadow_id)
