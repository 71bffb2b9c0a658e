"""Sales and legal side by side: each by its own policies under the organisation's, without sight of each other."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from assent_orchestrator.cli.stage.desk import Desk
from tests.e2e.departments import (
    LEGAL,
    ORG,
    PROCESSES,
    SALES,
    WORKSPACES,
    House,
    companies,
    house,
    make_departments,
    suspend,
)
from tests.e2e.deployment import state
from tests.examples.programs import EXAMPLES
from tests.orchestrator.cli.program import SECONDS

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("departments")
    await asyncio.to_thread(make_departments, made)
    return made


@pytest.fixture(scope="module")
async def options(folder: Path) -> AsyncIterator[tuple[str, ...]]:
    async with companies(folder) as given:
        yield (*given, "--tenant-limit", "sales.runs=50")


@pytest.fixture(scope="module")
async def departments(folder: Path, options: tuple[str, ...]) -> AsyncIterator[House]:
    async with house(folder, *options) as one:
        yield one


def said(error: grpc.aio.AioRpcError) -> tuple[grpc.StatusCode, str, list[tuple[str, str]]]:
    """Return the code, the reason and the field violations of an error."""
    reason, fields = "", []
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            reason = info.reason
        if detail.Unpack(bad):
            fields = [(one.field, one.reason) for one in bad.field_violations]
    return error.code(), reason, fields


@pytest.mark.requirement("orchestrator.tenants-side-by-side")
async def test_both_do_their_work_at_the_same_time_each_by_its_own_bundle(departments: House) -> None:
    runs = await asyncio.gather(*(departments.submit(tenant) for tenant in PROCESSES))
    ended = await asyncio.gather(*map(departments.end_of, PROCESSES, runs))
    assert [state(run) for run in ended] == ["succeeded", "succeeded"]
    revisions = {(await departments.desk(tenant).health()).revision for tenant in (*PROCESSES, "local")}
    assert len(revisions) == 3


@pytest.mark.requirement("orchestrator.tenants-side-by-side")
async def test_the_process_of_another_tenant_is_one_that_does_not_exist(departments: House) -> None:
    told = []
    for process in (PROCESSES[LEGAL], "nothing_of_the_kind"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await departments.submit(SALES, process)
        told.append(said(caught.value))
    assert (
        told[0] == told[1] == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_PLAN", [("plan.process", "UNKNOWN_PROCESS")])
    )


@pytest.mark.requirement("orchestrator.tenants-side-by-side")
async def test_neither_sees_the_others_runs_records_or_engine(departments: House) -> None:
    run = await departments.end_of(LEGAL, await departments.submit(LEGAL))
    assert await departments.desk(LEGAL).records(run.name)
    for desk in (departments.desk(SALES), departments.desk(SALES, of=LEGAL)):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await desk.run(run.name)
        assert said(caught.value)[:2] == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    told = [one.canonical_json.decode() for one in await departments.desk(SALES).records_after(0)]
    assert told
    assert not [one for one in told if run.name.rpartition("/")[2] in one]
    names = {part.name for part in (await departments.desk(SALES).health()).components}
    assert names == {"engine", "database", "seat", "policies", "memory"}
    everybody = {part.name for part in (await departments.desk("local").health()).components}
    assert {"engine of sales", "engine of legal", "policies of sales", "policies of legal"} < everybody


@pytest.mark.requirement("orchestrator.tenants-unknown")
async def test_callers_of_a_tenant_without_policies_are_refused(departments: House) -> None:
    async def asks(desk: Desk) -> None:
        await desk.health()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asks(departments.desk("marketing"))
    assert said(caught.value)[:2] == (grpc.StatusCode.PERMISSION_DENIED, "UNKNOWN_TENANT")


@pytest.mark.requirement("orchestrator.org-not-loosened")
def test_what_a_department_keeps_of_the_organisations_is_the_same() -> None:
    theirs = EXAMPLES / ORG / "policies" / "org"
    for workspace in WORKSPACES.values():
        mine = sorted((EXAMPLES / workspace / "policies" / "org").iterdir())
        assert mine
        assert [one.read_text("utf-8") for one in mine] == [(theirs / one.name).read_text("utf-8") for one in mine]


async def reason(departments: House, tenant: str) -> str:
    """Submit and wait for the end, while nobody decides too; return why it ended so."""
    return (await departments.end_of(tenant, await departments.submit(tenant))).reason


@pytest.mark.requirement("orchestrator.org-goes-first", "orchestrator.org-not-loosened")
async def test_what_the_organisation_says_holds_for_both_and_neither_can_loosen_it(
    folder: Path, options: tuple[str, ...], departments: House
) -> None:
    suspend(folder, "runtime.sales", "runtime.legal")
    departments.server.send(signal.SIGHUP)
    await departments.server.logged("the workspace is in force as")
    for tenant in PROCESSES:
        assert await reason(departments, tenant) == "PRINCIPAL_SUSPENDED"
    mine = folder / WORKSPACES[LEGAL] / "policies" / "org" / "house.rego"
    mine.write_text("# METADATA\n# title: Nobody is suspended\npackage policies.org.house\n")
    departments.server.send(signal.SIGHUP)
    await departments.server.logged("policies/org/house.rego:1: ORG_LOOSENED")
    assert await reason(departments, LEGAL) == "PRINCIPAL_SUSPENDED"
    assert "ORG_LOOSENED" in next(
        part.detail for part in (await departments.desk(LEGAL).health()).components if part.name == "policies"
    )
    # Over a crash, too: the workspace that would loosen is still there, and what decides is what was in force.
    departments.server.send(signal.SIGKILL)
    await departments.server.ended()
    async with house(folder, *options, tokens=departments.tokens) as again:
        for tenant in PROCESSES:
            assert await reason(again, tenant) == "PRINCIPAL_SUSPENDED"
        suspend(folder)
        again.server.send(signal.SIGHUP)
        await again.server.logged("the workspace is in force as")
        assert await reason(again, SALES) == ""
        # Whose workspace cannot be built decides nothing: not what the organisation said before, either.
        waits = await again.submit(LEGAL)
        async with asyncio.timeout(SECONDS):
            async for event in again.desk(LEGAL).watch(waits.name):
                if event.event == "decision.made":
                    break
        assert [one for one in await again.desk(LEGAL).records(waits.name) if b"ORG_NOT_MET" in one.canonical_json]
        mine.unlink()
        again.server.send(signal.SIGHUP)
        assert state(await again.end_of(LEGAL, waits)) == "succeeded"
