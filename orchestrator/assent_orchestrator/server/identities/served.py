"""Callers whose tenant has policies here: of nobody else, anything can be decided."""

from collections.abc import Callable, Container
from dataclasses import dataclass

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import UnknownTenantError
from assent_orchestrator.server.identities.certificate import Peer
from assent_orchestrator.server.interceptors.identity import Identities


@dataclass(frozen=True, slots=True)
class OfServed:
    """Knows the callers that ``identities`` knows, as far as their tenant is served, and which of them are agents.

    ``agents_of`` names the agents of a tenant that is served, by the bundle in force.
    """

    identities: Identities
    serves: Callable[[str], bool]
    agents_of: Callable[[str], Container[str]]

    def authenticate(self, token: str) -> Caller:
        """Return whose a bearer token is.

        Raises:
            UnauthenticatedError: it is nobody's.
            UnknownTenantError: the tenant of the caller is not served.
        """
        return self._served(self.identities.authenticate(token))

    def recognise(self, peer: Peer) -> Caller:
        """Return who has a client certificate; raises as ``authenticate``."""
        return self._served(self.identities.recognise(peer))

    def _served(self, caller: Caller) -> Caller:
        if not self.serves(caller.tenant):
            raise UnknownTenantError("this server has no policies for your tenant", tenant=caller.tenant)
        return caller.among(self.agents_of(caller.tenant))
