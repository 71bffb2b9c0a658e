"""Several tenants in one server, each with its own policies under the organisation's."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assent_orchestrator.app.assembly import App, open_app
from assent_orchestrator.app.policies import place_of
from assent_orchestrator.app.served import server_parts
from assent_orchestrator.approvals.delegations import Handing
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.audit.record import Actor
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.config import Settings, TenantSettings
from assent_orchestrator.errors import (
    AgentMayNotAnswerError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StateError,
    TenantAwayError,
    UnknownTenantError,
)
from assent_orchestrator.governance.stop import Scope
from assent_orchestrator.governance.stops import Order
from assent_orchestrator.memory.wish import Wish
from assent_orchestrator.server.identities.certificate import Peer
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.refusal import OrgLoosenedError
from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.opa.binary import Binary, find_binary
from assent_sidecar.policy.cases import CaseQuestion
from assent_sidecar.policy.completion import complete
from tests.sidecar.organisations import make_org, make_tenant
from tests.sidecar.workspace_copies import put, replace

SECONDS = 60.0
LETTER = {"system": "email", "operation": "send", "args": {"to": "a@example.com", "body": "x"}}


@dataclass
class Town:
    """One server: the organisation, a tenant ``sales`` that is a folder, and ``branch``, which offers a bundle."""

    folder: Path
    binary: Binary
    app: App

    @property
    def org(self) -> Path:
        return self.folder / "org"

    async def ask(self, tenant: str, action: dict[str, Any] = LETTER, agent: str = "seller") -> Decided:
        """Ask the tenant's own decision point, as the gate does."""
        catalogue = self.app.realms.catalogue(tenant)
        asked = {"kind": "action", "process": "contract_renewal", "agent": agent, "action": action}
        question = complete(CaseQuestion.from_json(asked), catalogue).model_copy(update={"tenant": tenant})
        return await self.app.realms.decide(question, budget=20)

    async def answers(self, tenant: str) -> tuple[Verdict, tuple[str, ...], bool]:
        decided = await self.ask(tenant)
        return decided.verdict, tuple(reason.code for reason in decided.decision.reasons), decided.fault

    async def offer(self, under: Path) -> Bundle:
        """Build the branch under some organisation's workspace, and put it where the server looks."""
        org = await build_bundle(under, self.binary)
        built = await build_bundle(self.folder / "branch", self.binary, under=org)
        await asyncio.to_thread((self.folder / "branch.tar.gz").write_bytes, built.archive)
        return built


def officer(tenant: str) -> Caller:
    return Caller("carla", tenant, frozenset({Role.COMPLIANCE_OFFICER, Role.AUDITOR}))


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    binary = find_binary({})
    make_org(tmp_path)
    for name in ("sales", "branch"):  # without cases, which say what they want whatever the organisation says
        shutil.rmtree(make_tenant(tmp_path, name) / "cases")
    put(tmp_path, "branch/assent.yaml", "name: branch\n")
    put(tmp_path, "sales/data/own.yaml", "only: here\n")
    settings = Settings(
        workspace=tmp_path / "org",
        data=tmp_path / "data",
        allow_unsigned=True,
        tool_servers={"company": "127.0.0.1:1", "sales/crm": "127.0.0.1:2", "sales/assent": "127.0.0.1:3"},
        tenants={
            "sales": TenantSettings(str(tmp_path / "sales"), decisions_at_once=3, runs=1),
            "branch": TenantSettings(str(tmp_path / "branch.tar.gz")),
        },
    )
    await Town(tmp_path, binary, None).offer(tmp_path / "org")  # type: ignore[arg-type]
    async with open_app(settings, os.environ) as app:
        yield Town(tmp_path, binary, app)


@pytest.mark.requirement("orchestrator.tenants-side-by-side", "orchestrator.tenants-own-limits")
async def test_each_tenant_is_decided_by_its_own_policies_under_the_organisations(town: Town) -> None:
    realms = town.app.realms
    revisions = {name: realms.revision(name) for name in ("local", "sales", "branch")}
    assert len(set(revisions.values())) == 3
    assert "own" in realms.catalogue("sales").data
    assert "own" not in realms.catalogue("branch").data
    assert realms.declares("sales", Scope.PROCESS, "contract_renewal")
    assert not realms.declares("local", Scope.PROCESS, "contract_renewal"), "it is no process of the organisation's"
    assert realms.owner_of("sales", "contract_renewal")
    for name in ("sales", "branch"):
        decided = await town.ask(name)
        assert (decided.verdict, decided.provenance.revision) == (Verdict.ALLOW, revisions[name])
    engines = {realm.sidecar.process.pid for realm in realms.all.values() if realm.sidecar.process is not None}
    assert len(engines) == 3, "each has an engine of its own"
    settings = town.app.settings
    at_once = {name: place_of(settings, name).decisions_at_once for name in ("local", "sales", "branch")}
    assert at_once == {"local": settings.decisions_at_once, "sales": 3, "branch": settings.decisions_at_once}


@pytest.mark.requirement("orchestrator.tenants-unknown")
async def test_who_has_no_policies_here_is_told_so_and_nothing_is_decided_for_them(town: Town) -> None:
    question = complete(
        CaseQuestion.from_json({"kind": "action", "process": "contract_renewal", "agent": "seller", "action": LETTER}),
        town.app.realms.catalogue("sales"),
    ).model_copy(update={"tenant": "stranger"})
    decided = await town.app.realms.decide(question, budget=20)
    assert (decided.verdict, decided.codes, decided.fault) == (Verdict.DENY, ("UNKNOWN_TENANT",), True)
    with pytest.raises(TenantAwayError):
        town.app.realms.catalogue("stranger")
    parts = server_parts(town.app, _Everybody())
    assert parts.identities.authenticate("sales").tenant == "sales"
    assert parts.identities.authenticate("local").tenant == "local"
    for way in (lambda: parts.identities.authenticate("stranger"), lambda: parts.identities.recognise(Peer())):
        with pytest.raises(UnknownTenantError):
            way()


@pytest.mark.requirement("orchestrator.agents-as-themselves")
@pytest.mark.parametrize("called", ["seller", "Seller", "SELLER"])
async def test_who_comes_in_with_the_name_of_an_agent_of_the_tenant_is_that_agent_everywhere(
    town: Town, called: str
) -> None:
    parts = server_parts(town.app, _Everybody(called, frozenset({*Role, "sales_director"})))
    seller = parts.identities.authenticate("sales")
    assert (seller.id, seller.agent) == (called, "seller")
    assert seller.roles == {Role.SUBMITTER, Role.AUDITOR, "sales_director"}, "no role of people"
    assert Actor.of(seller) == Actor(kind="agent", id="seller", authn="token")
    ends = seller.tenant, (), (), "away", utc_now() + timedelta(days=1)
    hold = Wish("hold", subject="client/Acme", reason="case 7")
    refused: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: parts.inbox.decide(seller, "a", Reply(True, "fine", "1", "")),
        lambda: parts.delegations.create(seller, Handing(*ends)),
        lambda: parts.stops.lift(seller, "s", "let me go on", ""),
        lambda: parts.custody.place(seller, hold),
        lambda: parts.custody.lift(seller, "h", hold),
    )
    for saying in refused:
        with pytest.raises(AgentMayNotAnswerError):
            await saying()
    for scope in (Scope.AGENT, Scope.TENANT):
        with pytest.raises(ForbiddenError):
            await parts.stops.create(seller, Order(scope, "seller", "nobody else is to act"))
    person = parts.identities.authenticate("local")
    assert not person.agent, "the organisation has no agent of that name"
    assert person.roles >= set(Role)


@dataclass(frozen=True)
class _Everybody:
    """Lets everybody in as a caller of the tenant that the token names; certificates are a stranger's."""

    id: str = "ann"
    roles: frozenset[str] = frozenset()

    def authenticate(self, token: str) -> Caller:
        return Caller(self.id, token, self.roles)

    def recognise(self, peer: Peer) -> Caller:
        del peer
        return self.authenticate("stranger")


@pytest.mark.requirement("orchestrator.org-goes-first")
async def test_when_the_organisations_bundle_changes_nothing_is_decided_by_policies_that_are_not_under_it(
    town: Town,
) -> None:
    assert await town.answers("branch") == (Verdict.ALLOW, ("RENEWAL",), False)
    put(town.org, "data/house.yaml", "closed: true\n")
    before = town.app.realms.revision("sales")
    await town.app.reload()
    verdict, codes, fault = await town.answers("sales")  # built anew at once
    assert (verdict, "HOUSE_CLOSED" in codes, fault) == (Verdict.DENY, True, False)
    assert town.app.realms.revision("sales") != before
    assert await town.answers("branch") == (Verdict.DENY, ("ORG_NOT_MET",), True)
    health = await town.app.health("branch")
    assert not health.ready
    assert "ORG_NOT_MET" in health.components[0].detail
    assert (await town.app.policies.status(officer("branch"))).status.problem.startswith("ORG_NOT_MET: ")
    assert not (await town.app.policies.status(officer("sales"))).status.problem
    with pytest.raises(InvalidError) as refused:
        await town.app.shadows.start(officer("branch"), archive=town.app.realms.bundle("branch").archive)
    assert refused.value.faults[0].code == "ORG_LOOSENED"
    assert (await town.app.health()).ready, "which is no reason to take the server from the others"
    await town.offer(town.org)
    await town.app.realms.of("branch").feed.refresh()
    verdict, codes, fault = await town.answers("branch")
    assert (verdict, "HOUSE_CLOSED" in codes, fault) == (Verdict.DENY, True, False)
    put(town.org, "data/house.yaml", "closed: false\n")
    await town.app.reload()
    assert (await town.answers("sales"))[0] is Verdict.ALLOW
    assert await town.answers("branch") == (Verdict.DENY, ("ORG_NOT_MET",), True)


@pytest.mark.requirement("orchestrator.org-not-loosened", "orchestrator.org-goes-first")
async def test_a_bundle_that_loosens_is_not_taken_from_its_origin_nor_by_name(town: Town, tmp_path: Path) -> None:
    other = make_org(tmp_path / "elsewhere")
    replace(other, "policies/org/house.rego", "data.settings.house.closed", "false")
    branch = town.app.realms.of("branch")
    first = branch.bundle
    loose = await town.offer(other)
    with pytest.raises(OrgLoosenedError, match=r"policies/org/house\.rego"):
        await branch.feed.refresh()
    assert branch.bundle is first
    assert "ORG_LOOSENED" in branch.feed.status.problem
    put(town.folder / "sales", "policies/org/mine.rego", "package policies.org.mine\n\nx := 1\n")
    with pytest.raises(WorkspaceError, match="ORG_LOOSENED"):
        await town.app.realms.of("sales").feed.refresh()
    assert await town.answers("sales") == (Verdict.ALLOW, ("RENEWAL",), False)
    # What was in force under another bundle of the organisation is no way back, either.
    await town.offer(town.org)
    put(town.org, "data/house.yaml", "closed: true\n")
    await town.app.reload()
    await town.offer(town.org)
    await branch.feed.refresh()
    with pytest.raises(StateError) as caught:
        await town.app.policies.roll_back(officer("branch"), first.revision, "it was nicer")
    assert caught.value.metadata["reason"] == "ORG_LOOSENED"
    assert branch.bundle.revision not in {first.revision, loose.revision}


@pytest.mark.requirement("orchestrator.tenants-side-by-side")
async def test_one_tenants_engine_that_is_gone_leaves_the_others_deciding(town: Town) -> None:
    sales = town.app.realms.of("sales").sidecar
    assert sales.process is not None
    sales.process.kill()
    decided = await town.ask("branch")
    assert decided.verdict is Verdict.ALLOW
    async with asyncio.timeout(SECONDS):
        while (await town.ask("sales")).verdict is not Verdict.ALLOW:  # it is started again
            assert (await town.ask("branch")).verdict is Verdict.ALLOW


@pytest.mark.requirement("orchestrator.tenants-own-activations")
async def test_activations_rollbacks_and_status_are_each_tenants_own(town: Town) -> None:
    policies, realms = town.app.policies, town.app.realms
    first = realms.revision("sales")
    put(town.folder / "sales", "data/own.yaml", "only: there\n")
    await realms.of("sales").feed.refresh()
    second = realms.revision("sales")
    branch = await policies.status(officer("branch"))
    assert branch.status.revision == realms.revision("branch")
    assert first not in branch.kept
    with pytest.raises(NotFoundError):
        await policies.roll_back(officer("branch"), first, "mine now")
    with pytest.raises(NotFoundError):
        await policies.roll_back(officer("local"), first, "mine now")
    done = await policies.roll_back(officer("sales"), first, "there was wrong")
    assert (done.status.revision, done.home) == (first, "sales")
    assert realms.revision("branch") == branch.status.revision
    events = {}
    for name in ("local", "sales", "branch"):
        page = await town.app.records.list(officer(name))
        told = [entry.record for entry in page.items]
        events[name] = sorted(f"{one['event']} {one['detail']['revision']}" for one in told)
    assert events["sales"] == sorted(
        [f"policy.activated {first}", f"policy.activated {second}", f"policy.rolled_back {first}"]
    )
    assert events["branch"] == [f"policy.activated {branch.status.revision}"]
    assert events["local"] == [f"policy.activated {realms.revision('local')}"]


@pytest.mark.requirement("orchestrator.tenants-own-activations")
async def test_a_shadow_is_tried_beside_one_tenants_policies_only(town: Town) -> None:
    shadows = town.app.shadows
    archive = town.app.realms.bundle("sales").archive
    mine = await shadows.start(officer("sales"), archive=archive)
    theirs = await shadows.start(officer("branch"), archive=town.app.realms.bundle("branch").archive)
    with pytest.raises(StateError, match="runs already"):
        await shadows.start(officer("sales"), archive=archive)
    with pytest.raises(NotFoundError):
        await shadows.report(officer("branch"), mine.id)
    with pytest.raises(NotFoundError):
        await shadows.stop(officer("sales"), theirs.id)
    await shadows.stop(officer("sales"), mine.id)
    assert (await shadows.report(officer("branch"), "latest")).shadow.id == theirs.id


@pytest.mark.requirement("orchestrator.org-not-loosened")
async def test_a_tool_server_of_the_tenants_own_goes_before_one_of_all(town: Town) -> None:
    servers = {name: one.tool_server for name, one in town.app.realms.catalogue("sales").systems.items()}
    assert servers["crm"] == "sales/crm"
    assert servers["memory"] == "assent", "which is no server that anybody could stand in for"
    assert servers["email"] == "email", "which is the organisation's system at the server of all"
    assert town.app.realms.bundle("sales").catalogue.systems["crm"].tool_server == "crm"


@pytest.mark.requirement("orchestrator.org-not-loosened")
async def test_a_tenants_own_system_has_no_tool_server_of_all_whatever_it_names(town: Town) -> None:
    def servers() -> dict[str, str]:
        return {name: one.tool_server for name, one in town.app.realms.catalogue("branch").systems.items()}

    assert servers() == {"crm": "branch/crm", "email": "email", "memory": "assent"}
    put(town.org, "systems/email.yaml", (town.org / "systems/email.yaml").read_text().replace("title: ", "title: A "))
    await town.app.reload()
    assert servers()["email"] == "branch/email", "it is not what the organisation says of it any more"
    await town.offer(town.org)
    await town.app.realms.of("branch").feed.refresh()
    assert servers()["email"] == "email"
