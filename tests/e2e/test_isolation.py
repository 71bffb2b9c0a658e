"""Two tenants on one server see and change nothing of each other, by whatever method they try."""

import asyncio
import base64
import gc
import json
import re
import warnings
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from google.protobuf import json_format
from grpc import aio
from ruamel.yaml import YAML
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.audit import records
from assent_orchestrator.audit.verify import Verification, verify_trail
from tests.e2e.isolation.house import OURS, PAT, SECONDS, THEIRS, House, open_house
from tests.e2e.isolation.methods import METHODS
from tests.orchestrator.server.conftest import read_refusal

CASES: list[dict[str, Any]] = YAML(typ="safe").load(
    (Path(__file__).parents[1] / "cases" / "isolation.yaml").read_text(encoding="utf-8")
)["methods"]
NOBODY = "nobody"
Answer = tuple[str, str]
CONNECTIONS = 20
"""Of all callers together."""
SILENCE = 0.7
"""Seconds in which a stranger hears nothing of what is there to be heard at once."""
_PLACE = re.compile(r"\{(\w+)\}")
_CHANGING = re.compile(r'"(time|\w+_time|age|duration|incident\w*|trace_id)": (?:"[^"]*"|\{[^}]*\})')


@pytest.fixture(scope="module", params=[False, True], ids=["by the same policies", "each by its own"])
async def house(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("house"), apart=request.param) as opened:
        yield opened
    with warnings.catch_warnings():
        # Who follows something may hang up while a connection is made: the collector closes it.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def invented(known: dict[str, str]) -> dict[str, str]:
    """Names of what does not exist, of the same form as those of what does."""
    return {key: re.sub(r"[0-9a-f]{32,}", lambda found: "0" * len(found[0]), value) for key, value in known.items()} | {
        "request": "another"
    }


def filled(request: Any, known: dict[str, str], tenant: str) -> Any:
    """Return a request with names in it."""
    if isinstance(request, dict):
        return {key: filled(value, known, tenant) for key, value in request.items()}
    if isinstance(request, list):
        return [filled(value, known, tenant) for value in request]
    if not isinstance(request, str):
        return request
    names = {**known, "tenant": f"tenants/{tenant}", "no_revision": f"sha256:{'0' * 64}", "no_shadow": "0" * 32}
    return _PLACE.sub(lambda found: names[found[1]], request)


async def answer(house: House, case: dict[str, Any], names: dict[str, str], tenant: str, by: str) -> Answer:
    """Ask; return the code, and all that is said, with every name that was asked for written as what it stands for."""
    method = METHODS[case["rpc"]]
    request = filled(case["request"], names, tenant)
    code, said = await said_to(house, case, method.name, request, by)
    for name in sorted({found for found in _PLACE.findall(json.dumps(case["request"])) if found in names}):
        said = said.replace(names[name], f"{{{name}}}")
    return code, said.replace(f"tenants/{tenant}", "{tenant}")


async def said_to(house: House, case: dict[str, Any], rpc: str, request: Any, by: str) -> Answer:
    try:
        asked = house.ask(rpc, request, by, case.get("by", PAT))
        message = await (asyncio.wait_for(asked, SILENCE) if case.get("silent") and by == OURS else asked)
    except TimeoutError:
        return "SILENT", ""
    except aio.AioRpcError as error:
        refused = read_refusal(error)
        details = [json_format.MessageToJson(one) for one in refused.status.details]
        return refused.info.reason, "\n".join([error.code().name, refused.status.message, *details])
    return "OK", json_format.MessageToJson(message, preserving_proto_field_name=True)


async def second_page(house: House, case: dict[str, Any]) -> str:
    """Where the second page begins of the list that those have whose it is; "" where none is asked for."""
    if "{page}" not in case["request"].values():
        return ""
    first = {key: value for key, value in case["request"].items() if key != "page_token"}
    page = await house.say(case["rpc"], filled(first, house.known, THEIRS), THEIRS)
    assert page["next_page_token"]
    return str(page["next_page_token"])


def told(house: House, said: str) -> list[str]:
    """What of the other tenant is in an answer; the records of the trail are in it in base64."""
    records = [base64.b64decode(one).decode() for one in re.findall(r'"canonical_json": "([^"]+)"', said)]
    return [mark for mark in house.marks() if any(mark in text for text in (said, *records))]


def steady(said: str) -> str:
    return _CHANGING.sub(r'"\1": 0', said)


def wrong(house: House, case: dict[str, Any], real: Answer, none: Answer, *, own: bool) -> Iterator[str]:
    """Say what is wrong with the answer to a stranger, beside that of nothing; ``own``: by its own tenant's name."""
    shared = case.get("shared") and not (house.apart and case.get("apart"))
    shown = [] if shared else told(house, real[1])
    if shown := [*shown, *(text for text in case.get("hides", ()) if text in real[1])]:
        yield f"it tells {shown}: {real}"
    if not own and not shared and real[0] != "NOT_FOUND":
        yield f"the tenant is answered for: {real}"
    if own and shared:
        if real[0] not in {"OK", case.get("owner")}:
            yield f"it is refused: {real}"
    elif own and case.get("makes"):
        if real[0] != none[0]:
            yield f"{real} and of nothing {none}"
    elif (real[0], steady(real[1])) != (none[0], steady(none[1])):
        yield f"{real} and of nothing {none}"


@pytest.mark.requirement("orchestrator.tenants-see-nothing-of-each-other")
def test_every_method_of_every_service_has_a_case() -> None:
    missing = sorted(set(METHODS) - {case["rpc"] for case in CASES})
    assert not missing, f"write cases for {missing} into tests/cases/isolation.yaml"
    assert {case["rpc"] for case in CASES} <= set(METHODS)


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.tenants-see-nothing-of-each-other")
async def test_what_is_another_tenants_is_answered_like_what_does_not_exist(house: House) -> None:
    before = house.rows()
    nothing = invented(house.known)
    faults: list[str] = []
    for number, case in enumerate(CASES):
        house.known["page"] = nothing["page"] = await second_page(house, case)
        for tenant, other in ((OURS, OURS), (THEIRS, NOBODY)):
            real = await answer(house, case, house.known, tenant, OURS)
            none = await answer(house, case, nothing, other, OURS)
            found = wrong(house, case, real, none, own=tenant == OURS)
            faults += [f"{number} {case['rpc']} {case['request']} of {tenant}: {fault}" for fault in found]
    after = house.rows()
    changed = {table: set(before.get(table, ())) ^ set(after.get(table, ())) for table in before.keys() | after.keys()}
    faults += [f"rows of {table} changed: {sorted(rows)[:4]}" for table, rows in sorted(changed.items()) if rows]
    assert not faults, "\n".join(faults)


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.tenants-see-nothing-of-each-other")
async def test_who_follows_approvals_hears_of_their_own_alone(house: House) -> None:
    after = max(int(record["seq"]) for record in await trail(house))
    request = {"parent": f"tenants/{OURS}", "after_seq": str(after)}
    watching = METHODS["ApprovalService/WatchApprovals"].start(house.channel, request, house.metadata(OURS))
    heard: list[str] = []

    async def hear() -> None:
        async for message in watching:
            if not message.heartbeat:
                heard.append(message.approval.name)
                return

    async with asyncio.TaskGroup() as group:
        group.create_task(hear())
        await house.submit(THEIRS, "held", "later", "run.waiting")
        ours = await house.submit(OURS, "held", "ours", "approval.requested")
    listed = await house.say("ApprovalService/ListApprovals", {"parent": f"tenants/{OURS}"}, OURS)
    assert heard == [one["name"] for one in listed["approvals"] if one["run"] == ours["name"]]
    watching.cancel()


async def trail(house: House) -> list[dict[str, Any]]:
    answer = await house.say("AuditService/ListAuditRecords", {"parent": f"tenants/{OURS}", "page_size": 500}, OURS)
    return [json.loads(base64.b64decode(one["canonical_json"])) for one in answer.get("audit_records", ())]


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.tenants-own-calls")
async def test_however_many_trails_a_tenant_has_verified_the_others_find_connections(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long trail takes its time, and each has a connection meanwhile of those that all callers share."""
    over, under_way = asyncio.Event(), asyncio.Queue[str]()

    async def slowly(engine: AsyncEngine, tenant: str, **options: Any) -> Verification:
        async with engine.connect() as tx:
            await tx.execute(sa.text("SELECT 1"))
            under_way.put_nowait(tenant)
            await over.wait()
        return await verify_trail(engine, tenant, **options)

    monkeypatch.setattr(records, "verify_trail", slowly)
    ask = partial(house.say, "AuditService/VerifyTrail")
    async with asyncio.timeout(SECONDS):
        theirs = [asyncio.create_task(ask({"parent": f"tenants/{THEIRS}"}, THEIRS)) for _ in range(CONNECTIONS)]
        assert [await under_way.get(), await under_way.get()] == [THEIRS, THEIRS]
        await house.say("RunService/ListRuns", {"parent": f"tenants/{OURS}"}, OURS)
        ours = asyncio.create_task(ask({"parent": f"tenants/{OURS}"}, OURS))
        assert await under_way.get() == OURS
        over.set()
        assert all("fault" not in said for said in await asyncio.gather(ours, *theirs))


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.tenants-see-nothing-of-each-other")
@pytest.mark.parametrize("path", ["evaluation", "evaluations"])
async def test_over_http_the_tenant_is_that_of_the_token(house: House, path: str) -> None:
    before = house.rows()
    resource = {"type": "system", "id": "shop", "properties": {"args": {"order": "x"}}}
    body = {"subject": {"type": "agent", "id": "desk"}, "action": {"name": "look"}, "resource": resource}
    [(_, value)] = house.metadata(OURS)
    headers = {"Authorization": value, "X-Request-ID": house.known["request"]}
    async with aiohttp.ClientSession() as session:
        url = f"http://{house.http}/access/v1/{path}"
        async with session.post(url, json={**body, "context": {"tenant": THEIRS}}, headers=headers) as response:
            said = await response.text()
    assert response.status == 200, said
    assert f"tenants/{OURS}/permits/" in said
    assert told(house, said) == []
    assert house.rows() == before


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.tenants-see-nothing-of-each-other")
async def test_those_whose_it_is_are_shown_it(house: House) -> None:
    """Runs last: without it, a method that finds nothing for anybody would pass."""
    faults = []
    for number, case in enumerate(CASES):
        house.known["page"] = await second_page(house, case)
        code, said = await said_to(house, case, case["rpc"], filled(case["request"], house.known, THEIRS), THEIRS)
        shown = [*(house.known[name] for name in case.get("shows", ())), *case.get("says", ())]
        hidden = [text for text in shown if text not in said and text not in "".join(told(house, said))]
        if case.get("owner", "OK") not in {code, "any"} or hidden:
            faults.append(f"{number} {case['rpc']}: {code} {said[:300]} hides {hidden}")
    assert not faults, "\n".join(faults)
