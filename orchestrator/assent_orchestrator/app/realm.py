"""The policies of one tenant, or of all: where they come from, who decides by them, and what is tried beside them."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from assent_orchestrator.app.policies import OpenPolicies, following_policies
from assent_orchestrator.app.shadowing import Surroundings, open_shadowing
from assent_orchestrator.config import Settings
from assent_orchestrator.governance.activations import Activations
from assent_orchestrator.governance.decision_point import DecisionPoint
from assent_orchestrator.governance.remainder import Remainder
from assent_orchestrator.governance.veil import Veil
from assent_orchestrator.shadows.shadows import Shadows
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.feed import Feed
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.own import OWN_SERVER
from assent_sidecar.sidecar import Sidecar

Activate = Callable[[Bundle], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Realm:
    """The policies of ``home``, from their origin to the decision; ``servers`` are the tool servers there are.

    ``org`` gives the bundle of the organisation that it is under now, if it is under one.
    """

    home: str
    sidecar: Sidecar
    feed: Feed
    activations: Activations
    decision_point: DecisionPoint
    shadows: Shadows
    servers: frozenset[str] = frozenset()
    org: Callable[[], Bundle] | None = None
    _read: dict[tuple[str, str], Catalogue] = field(default_factory=dict, repr=False)

    @property
    def bundle(self) -> Bundle:
        """The bundle in force."""
        return self.sidecar.bundle

    @property
    def catalogue(self) -> Catalogue:
        """What the bundle in force declares, with the tool server that each system has here.

        One of the tenant's own goes before one of all, and systems that are the tenant's own have no other.
        """
        bundle, org = self.bundle, self.org() if self.org is not None else None
        key = bundle.revision, org.revision if org is not None else ""
        found = self._read.get(key)
        if found is None:
            self._read.clear()
            shared = org.catalogue if org is not None else bundle.catalogue
            found = self._read[key] = _with_own_servers(bundle.catalogue, self.home, self.servers, shared)
        return found


@contextlib.asynccontextmanager
async def open_realm(
    settings: Settings,
    policies: OpenPolicies,
    around: Surroundings,
    *,
    activate: Activate | None = None,
    rollback: str | None = None,
) -> AsyncIterator[Realm]:
    """Bring the policies into force and follow them for as long as the block lasts; ``activate`` is who decides.

    Raises:
        SidecarError: what there is does not pass, or cannot be had.
        AssentError: the database is away.
    """
    home, feed = policies.place.home, policies.feed
    activations = Activations(
        around.database.engine,
        around.trail,
        around.clock,
        feed,
        policies.gate,
        settings.executor,
        home,
        lambda: policies.sidecar.met,
    )
    await activations.begin(activate or policies.sidecar.activate, rollback)
    live = Veil(policies.sidecar.evaluator, lambda _: policies.sidecar.bundle, around.digests)
    async with (
        activations.following(around.listener),
        following_policies(settings, policies),
        open_shadowing(settings, around, policies, live) as shadowing,
    ):
        servers = frozenset(settings.tool_servers)
        sidecar = policies.sidecar
        # What it asks once more is compared with shadows like every other question.
        deciding = Remainder(shadowing.decision_point, lambda: sidecar.bundle.catalogue)
        org = policies.org.org if policies.org is not None else None
        yield Realm(home, sidecar, feed, activations, deciding, shadowing.shadows, servers, org)


def _with_own_servers(catalogue: Catalogue, home: str, servers: frozenset[str], shared: Catalogue) -> Catalogue:
    """Name the servers by which systems are reached here; ``shared`` is what the organisation declares.

    A server that is not the tenant's own is reached by what the organisation says of it, and by nothing that
    a tenant says: its operations would be called with the effects and labels that the tenant likes.
    """
    own = {
        name: system.model_copy(update={"tool_server": f"{home}/{system.tool_server}"})
        for name, system in catalogue.systems.items()
        if system.tool_server != OWN_SERVER
        and (f"{home}/{system.tool_server}" in servers or shared.systems.get(name) != system)
    }
    return catalogue.model_copy(update={"systems": catalogue.systems | own}) if own else catalogue


def needed_servers(realms: Mapping[str, Realm]) -> Mapping[str, tuple[str, ...]]:
    """Return the tool servers that systems name, of the tenant's own where there is one, with the tenants that do."""
    found: dict[str, list[str]] = {}
    for tenant, realm in realms.items():
        for name in {system.tool_server for system in realm.catalogue.systems.values()}:
            found.setdefault(name, []).append(tenant)
    return {name: tuple(sorted(tenants)) for name, tenants in found.items()}
