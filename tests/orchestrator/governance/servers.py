"""Servers that put bundles in force on one database, as far as policies go."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.governance.activations import Activations
from assent_orchestrator.store.postgres import Database
from assent_sidecar.activation.rehearsal import Rehearsal
from assent_sidecar.bundle.feed import Feed
from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.gate import ActivationGate
from assent_sidecar.bundle.keep import Keep
from assent_sidecar.bundle.origin.file import FileOrigin
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.engines import question, until
from tests.sidecar.rehearsals import publish

GENEROUS = 60.0
TRUST = Trust(allow_unsigned=True)
FAILING = {"policies/org/rules_test.rego": "package policies.org.rules_test\n\ntest_no if 1 == 2\n"}


def person(name: str, *roles: str) -> Caller:
    return Caller(name, "acme", frozenset(roles))


CARLA, ADA = person("carla", Role.COMPLIANCE_OFFICER), person("ada", Role.COMPLIANCE_OFFICER)


@dataclass
class Server:
    """One server, as far as policies go."""

    file: Path
    database: Database
    feed: Feed
    sidecar: Sidecar
    activations: Activations

    async def number(self) -> str:
        decided = await self.sidecar.evaluator.decide(question(), budget=GENEROUS)
        return decided.codes[0] if decided.fault else decided.decision.reasons[0].message

    async def decides(self, number: str) -> None:
        async def does() -> bool:
            return await self.number() == number

        await until(does, timeout=60)

    async def offer(self, content: bytes) -> str:
        offered = publish(self.file, content)
        await self.feed.refresh()
        return offered.revision


@contextlib.asynccontextmanager
async def server(
    folder: Path,
    database: Database,
    *,
    file: Path,
    name: str = "one",
    automatic: bool = False,
    two_persons: bool = False,
    follow: bool = True,
) -> AsyncIterator[Server]:
    binary = find_binary({})
    gate = ActivationGate(
        Rehearsal(binary), engine_version=binary.version, automatic=automatic, two_persons=two_persons
    )
    feed = Feed(FileOrigin(file, TRUST), TRUST, Keep(folder / name / "bundles"), Freshness(), gate=gate)
    settings = SidecarSettings(folder / name, {}, query_timeout=GENEROUS, activation_timeout=GENEROUS, trust=TRUST)
    trail = Trail(database.engine)
    activations = Activations(database.engine, trail, utc_now, feed, gate, name)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(feed.close)
        sidecar = await stack.enter_async_context(open_sidecar(settings, await feed.begin()))
        await activations.begin(sidecar.activate)
        if follow:
            listener = await stack.enter_async_context(Listener(database.sync_url))
            await stack.enter_async_context(activations.following(listener))
        yield Server(file, database, feed, sidecar, activations)


async def records(database: Database, tenant: str) -> list[dict[str, Any]]:
    return [entry.record for entry in await Trail(database.engine).read(tenant)]
