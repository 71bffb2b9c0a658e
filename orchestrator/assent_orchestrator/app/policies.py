"""Where the policies come from, and whose signature they need, as the settings say it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assent_orchestrator.config import Settings
from assent_orchestrator.governance.stop import Scope, declares
from assent_orchestrator.meanwhile import meanwhile
from assent_sidecar.activation.rehearsal import Rehearsal
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.feed import Feed
from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.gate import ActivationGate
from assent_sidecar.bundle.keep import Keep
from assent_sidecar.bundle.keys import read_key_ring
from assent_sidecar.bundle.origin.file import FileOrigin
from assent_sidecar.bundle.origin.folder import FolderOrigin
from assent_sidecar.bundle.origin.origin import Origin
from assent_sidecar.bundle.origin.url import UrlOrigin
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.opa.binary import Binary
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar

BUNDLE_TOKEN = "ASSENT_BUNDLE_TOKEN"  # noqa: S105 - the name of a variable, not a secret
KEPT = "bundles"
"""In the data folder: the last bundles, and which one is in force."""

_LOOK_EVERY = 30.0


@dataclass(frozen=True, slots=True)
class OpenPolicies:
    """A decision point, where its bundles come from, and the rules by which they come into force.

    Nothing may be decided before the ``feed`` has ``begun``.
    """

    sidecar: Sidecar
    feed: Feed
    gate: ActivationGate

    def bundle(self, tenant: str) -> Bundle:
        """Return the bundle in force for a tenant: it is the same for all of them."""
        del tenant
        return self.sidecar.bundle

    def catalogue(self, tenant: str) -> Catalogue:
        """Return what the bundle in force for a tenant declares."""
        return self.bundle(tenant).catalogue

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


@contextlib.asynccontextmanager
async def open_policies(settings: Settings, environ: Mapping[str, str], binary: Binary) -> AsyncIterator[OpenPolicies]:
    """Open the decision point on the bundle that the settings name; its rehearsal goes on beside what follows.

    Raises:
        WorkspaceError, SidecarError, CommandError: there is no bundle to begin with, or the engine does not take it.
    """
    trust = Trust(await asyncio.to_thread(read_key_ring, settings.bundle_keys), settings.allow_unsigned)
    freshness = Freshness(settings.max_staleness)
    origin = _origin(settings, environ, binary, trust)
    gate = ActivationGate(
        Rehearsal(binary, environ),
        engine_version=binary.version,
        automatic=settings.automatic_activation,
        two_persons=settings.two_persons,
    )
    feed = Feed(origin, trust, Keep(settings.data / KEPT), freshness, gate=gate)
    sidecar_settings = SidecarSettings(
        state_dir=settings.data,
        environ=environ,
        binary=binary,
        query_timeout=settings.longest_decision,
        at_once=settings.decisions_at_once,
        waiting=settings.decisions_waiting,
        trust=trust,
        freshness=freshness,
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(feed.close)
        bundle = await feed.begin()
        sidecar = await stack.enter_async_context(open_sidecar(sidecar_settings, bundle))
        yield OpenPolicies(sidecar, feed, gate)


@contextlib.asynccontextmanager
async def following_policies(settings: Settings, feed: Feed) -> AsyncIterator[None]:
    """Follow the changes of where the policies come from, if the settings say so, for as long as the block lasts."""
    if not (settings.watch or settings.bundle is not None or settings.max_staleness is not None):
        yield
        return
    async with meanwhile(feed.follow(), "assent-policies"):
        yield


def _origin(settings: Settings, environ: Mapping[str, str], binary: Binary, trust: Trust) -> Origin:
    every = _LOOK_EVERY if settings.max_staleness is None else min(_LOOK_EVERY, settings.max_staleness / 4)
    if settings.bundle is None:
        return FolderOrigin(settings.workspace, binary, every=every)
    if settings.bundle.startswith(("http://", "https://")):
        return UrlOrigin(settings.bundle, trust, token=environ.get(BUNDLE_TOKEN) or None, every=every)
    return FileOrigin(Path(settings.bundle), trust, every=every)
