"""What the server needs of policies: which are in force, and which are tried beside them."""

from typing import Protocol

from assent_orchestrator.caller import Caller
from assent_orchestrator.governance.policies import Policies
from assent_orchestrator.shadows.shadow import Report, Shadow


class PolicyControl(Protocol):
    """Says which policies come into force."""

    async def status(self, caller: Caller) -> Policies:
        """Return how things are."""
        ...

    async def activate(self, caller: Caller, revision: str, reason: str, request_id: str) -> Policies:
        """Put the bundle that waits in force."""
        ...

    async def roll_back(self, caller: Caller, revision: str, reason: str, request_id: str) -> Policies:
        """Put a bundle back in force that was before."""
        ...


class Shadows(Protocol):
    """Candidates beside the policies in force."""

    async def start(self, caller: Caller, *, archive: bytes, revision: str) -> Shadow:
        """Have a candidate asked what is asked live: the bundle in ``archive``, or one that is kept."""
        ...

    async def report(self, caller: Caller, shadow_id: str) -> Report:
        """Return what a shadow found."""
        ...

    async def stop(self, caller: Caller, shadow_id: str) -> Shadow:
        """End a shadow."""
        ...
