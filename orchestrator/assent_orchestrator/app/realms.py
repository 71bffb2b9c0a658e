"""Whose policies are whose: the organisation's and those of each tenant under it, or the same for everybody."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Mapping

from assent_orchestrator.app.policies import OpenPolicies, open_policies, place_of
from assent_orchestrator.app.realm import Realm, open_realm
from assent_orchestrator.app.shadowing import Surroundings
from assent_orchestrator.config import Settings
from assent_orchestrator.errors import TenantAwayError
from assent_orchestrator.governance.stop import Scope, declares
from assent_orchestrator.meanwhile import meanwhile
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.org import Allegiance
from assent_sidecar.bundle.refusal import REFUSALS
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decided, Decision, Provenance, Reason, Verdict
from assent_sidecar.errors import SidecarError
from assent_sidecar.opa.binary import Binary
from assent_sidecar.question import Question

_AWAY = "UNKNOWN_TENANT"

_log = logging.getLogger("assent.tenants")


class Realms:
    """Answers by tenant. Without ``tenants`` the policies of ``home`` are everybody's, else the organisation's."""

    def __init__(self, home: Realm, tenants: Mapping[str, Realm]) -> None:
        """Say what there is."""
        self.home = home
        self._tenants = tenants

    @property
    def all(self) -> dict[str, Realm]:
        """Every realm by the tenant whose it is, the organisation's first."""
        return {self.home.home: self.home, **self._tenants}

    def serves(self, tenant: str) -> bool:
        """Return whether there are policies for a tenant."""
        return not self._tenants or tenant == self.home.home or tenant in self._tenants

    def of(self, tenant: str) -> Realm:
        """Return the realm that a tenant belongs to.

        Raises:
            TenantAwayError: there is none. Nothing can be said for the tenant, and nothing done.
        """
        if not self.serves(tenant):
            raise TenantAwayError("this server has no policies for the tenant", tenant=tenant)
        return self._tenants.get(tenant, self.home)

    def bundle(self, tenant: str) -> Bundle:
        """Return the bundle in force for a tenant; raises as ``of``, like all that follow."""
        return self.of(tenant).bundle

    def in_force(self) -> Mapping[str | None, Bundle]:
        """Return the bundles in force by tenant; or one, of None, where all have the same."""
        if not self._tenants:
            return {None: self.home.bundle}
        return {name: realm.bundle for name, realm in self.all.items()}

    def catalogue(self, tenant: str) -> Catalogue:
        """Return what the bundle in force for a tenant declares."""
        return self.of(tenant).catalogue

    def revision(self, tenant: str) -> str:
        """Name the bundle in force for a tenant."""
        return self.bundle(tenant).revision

    def owner_of(self, tenant: str, process: str) -> str:
        """Return the owner of a tenant's process; empty when nobody knows it any more."""
        found = self.catalogue(tenant).processes.get(process)
        return found.owner if found else ""

    def declares(self, tenant: str, scope: Scope, name: str) -> bool:
        """Return whether the bundle in force for a tenant knows what would be stopped."""
        return declares(self.catalogue(tenant), scope, name)

    def has_process(self, tenant: str, name: str) -> bool:
        """Return whether the bundle in force for a tenant has a process of that name."""
        return name in self.catalogue(tenant).processes

    async def decide(self, question: Question, *, budget: float) -> Decided:
        """Have the decision point of the question's tenant answer, within ``budget`` seconds; it raises nothing."""
        if not self.serves(question.tenant):
            return _nobody()
        return await self.of(question.tenant).decision_point.decide(question, budget=budget)

    async def renew(self) -> None:
        """Have every tenant take in what there is of its policies now; whatever goes wrong is logged."""
        for realm in self._tenants.values():
            await realm.feed.look()


def _nobody() -> Decided:
    reason = Reason(code=_AWAY, message="this server has no policies for the tenant")
    provenance = Provenance(
        decision_id=str(uuid.uuid4()), revision="", engine="opa", engine_version="", input_digest="", duration_us=0
    )
    return Decided(decision=Decision(verdict=Verdict.DENY, reasons=(reason,)), provenance=provenance, fault=True)


@contextlib.asynccontextmanager
async def open_realms(
    settings: Settings, policies: OpenPolicies, around: Surroundings, binary: Binary
) -> AsyncIterator[Realms]:
    """Bring the policies of all into force, those of the organisation first, and follow them until the block ends.

    When the organisation's change, nothing is decided by a tenant's that are not under them: those of a folder are
    built anew at once, others have to come (docs/adr/0008-the-organisation-goes-first.md).

    Raises:
        WorkspaceError, SidecarError, CommandError: there is nothing to begin with, for one of them.
        AssentError: the database is away.
    """
    changed = {name: asyncio.Event() for name in settings.tenants}

    async def activate(bundle: Bundle) -> None:
        await policies.sidecar.activate(bundle)
        for one in changed.values():
            one.set()

    async with contextlib.AsyncExitStack() as stack:
        opening = open_realm(settings, policies, around, activate=activate, rollback=settings.rollback)
        home = await stack.enter_async_context(opening)
        tenants: dict[str, Realm] = {}
        for name in settings.tenants:
            org = Allegiance(lambda: policies.sidecar.bundle, binary)
            try:
                realm = await stack.enter_async_context(_open_tenant(settings, name, around, binary, org))
            except SidecarError as error:
                raise type(error)(f"the tenant {name}: {error}") from error
            tenants[name] = realm
            await stack.enter_async_context(meanwhile(_keep_under(realm, org, changed[name]), f"assent-tenant-{name}"))
        yield Realms(home, tenants)


@contextlib.asynccontextmanager
async def _open_tenant(
    settings: Settings, name: str, around: Surroundings, binary: Binary, org: Allegiance
) -> AsyncIterator[Realm]:
    place = place_of(settings, name)
    async with open_policies(settings, around.environ, binary, place, org) as policies:
        await _look(org, policies.sidecar.bundle, name)
        async with open_realm(settings, policies, around) as realm:
            yield realm


async def _keep_under(realm: Realm, org: Allegiance, changed: asyncio.Event) -> None:
    """Whenever the organisation's bundle changes, find out whether the tenant's is under it, and look for another."""
    while True:
        await changed.wait()
        changed.clear()
        await _look(org, realm.bundle, realm.home)
        await realm.feed.look()


async def _look(org: Allegiance, bundle: Bundle, name: str) -> None:
    """Find out whether a bundle is under the organisation's; nothing is decided by it when it is not."""
    try:
        await org.require(bundle)
    except REFUSALS as error:
        _log.error("nothing is decided for the tenant %s until its policies are under the organisation's:", name)
        for line in str(error).splitlines():
            _log.error("%s", line)
