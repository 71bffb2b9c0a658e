"""One server with two tenants, whose people have the same names: of the one there is something of everything."""

import asyncio
import contextlib
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import psycopg
from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Value
from grpc import aio

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent_orchestrator.app.assembly import App, open_app
from assent_orchestrator.app.served import server_parts
from assent_orchestrator.clock import utc_now
from assent_orchestrator.config import Settings, TenantSettings
from assent_orchestrator.server.address import Address
from assent_orchestrator.server.http import listening_http
from assent_orchestrator.server.listen import ListenSettings, listening
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry
from tests.e2e.isolation.methods import METHODS, call

WORKSPACE = Path(__file__).with_name("workspace")
OURS, THEIRS = "ours", "theirs"
SECONDS = 60.0
PAT, DANA = "pat", "dana"
_ID = re.compile(r"[0-9a-f-]{32,36}")
ROLES = {PAT: ("submitter", "operator", "auditor", "compliance_officer", "director"), DANA: ("auditor", "director")}


_COUNTED_LATER = {"shadow_counts", "shadow_differences"}
"""Tables that a server writes by itself, some time after what they count."""


class Shop(tools_pb2_grpc.ToolServiceServicer):
    """Does what it is told; ``lose`` fails, or does not know whether it did."""

    async def Describe(self, request, context) -> tools_pb2.DescribeResponse:  # noqa: N802 - a method of the service
        del request, context
        effects = {"look": tools_pb2.OPERATION_EFFECT_READ}
        offered = [
            tools_pb2.Operation(
                system="shop",
                operation=name,
                effect=effects.get(name, tools_pb2.OPERATION_EFFECT_WRITE),
                idempotent=name != "lose",
            )
            for name in ("look", "pay", "lose")
        ]
        return tools_pb2.DescribeResponse(name="company", version="1", operations=offered)

    async def Invoke(self, request, context) -> tools_pb2.InvokeResponse:  # noqa: N802 - a method of the service
        del context
        args = json_format.MessageToDict(request.args)
        if request.operation != "lose":
            return tools_pb2.InvokeResponse(result=json_format.ParseDict({"order": args["order"]}, Value()))
        effect = tools_pb2.FAILURE_EFFECT_NONE if args.get("fails") else tools_pb2.FAILURE_EFFECT_UNKNOWN
        return tools_pb2.InvokeResponse(failure=tools_pb2.Failure(code="LOST", message="who knows", effect=effect))

    async def Lookup(self, request, context) -> tools_pb2.LookupResponse:  # noqa: N802 - a method of the service
        del request
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "it remembers nothing")
        raise AssertionError


@dataclass
class House:
    """The server; ``known`` is what there is of the other tenant, by the names that requests have for it.

    ``apart``: each tenant has policies of its own, under those of an organisation.
    """

    app: App
    channel: aio.Channel
    http: Address
    tokens: TokenFile
    apart: bool = False
    known: dict[str, str] = field(default_factory=dict)

    def metadata(self, tenant: str, person: str = PAT) -> tuple[tuple[str, str], ...]:
        entry = next(one for one in self.tokens.callers if (one.tenant, one.id) == (tenant, person))
        return (("authorization", f"Bearer {entry.token}"),)

    async def ask(self, rpc: str, request: dict[str, Any], tenant: str, person: str = PAT) -> Message:
        return await call(self.channel, rpc, request, self.metadata(tenant, person))

    async def say(self, rpc: str, request: dict[str, Any], tenant: str, person: str = PAT) -> dict[str, Any]:
        return json_format.MessageToDict(await self.ask(rpc, request, tenant, person), preserving_proto_field_name=True)

    async def submit(self, tenant: str, process: str, order: str, until: str, **plan: Any) -> dict[str, Any]:
        """Submit a plan and wait, bounded, for one of its events."""
        wanted = {"process": process, "inputs": {"order": order}, **plan}
        run = await self.say("RunService/SubmitPlan", {"parent": f"tenants/{tenant}", "plan": wanted}, tenant)
        await self.until(tenant, run["name"], until)
        return run

    async def until(self, tenant: str, run: str, event: str) -> None:
        method = METHODS["RunService/WatchRun"]
        watching = method.start(self.channel, {"name": run}, self.metadata(tenant), SECONDS)
        async for message in watching:
            if message.event == event:
                watching.cancel()
                return
        raise AssertionError(f"the run ended without {event}")

    def rows(self) -> dict[str, list[str]]:
        """Every row of our tables that speaks of the other tenant, by table."""
        with psycopg.connect(self.app.database.sync_url) as connection:
            tables = connection.execute(
                "SELECT table_schema, table_name FROM information_schema.tables"
                " WHERE table_schema = 'assent' AND table_type = 'BASE TABLE' ORDER BY 2"
            ).fetchall()
            found = {}
            for schema, name in tables:
                query = f'SELECT to_jsonb(one)::text AS text FROM "{schema}"."{name}" AS one ORDER BY 1'
                rows = [text for (text,) in connection.execute(query.encode()).fetchall()]
                found[str(name)] = [text for text in rows if self._speaks_of_them(text)]
        return {name: rows for name, rows in found.items() if rows and name not in _COUNTED_LATER}

    def _speaks_of_them(self, text: str) -> bool:
        return f'"{THEIRS}"' in text or any(mark in text for mark in self.marks())

    def marks(self) -> list[str]:
        """What is in no answer to the other tenant: ids of theirs, and what they wrote."""
        ids = [value for value in self.known.values() if _ID.fullmatch(value)]
        return [f"tenants/{THEIRS}", f"order-of-{THEIRS}", f"word-of-{THEIRS}", *ids]


@contextlib.asynccontextmanager
async def open_house(folder: Path, *, apart: bool = False) -> AsyncIterator[House]:
    """Start the server and let the other tenant do something of everything; ``apart`` gives each its own policies."""
    people = [new_entry(name, roles, tenant=tenant) for tenant in (OURS, THEIRS) for name, roles in ROLES.items()]
    tokens = TokenFile(callers=tuple(people))
    shop = aio.server()
    tools_pb2_grpc.add_ToolServiceServicer_to_server(Shop(), shop)
    port = shop.add_insecure_port("127.0.0.1:0")
    await shop.start()
    settings = Settings(workspace=WORKSPACE, data=folder / "data", tool_servers={"company": f"127.0.0.1:{port}"})
    try:
        settings = await asyncio.to_thread(_apart, settings, folder) if apart else settings
        async with open_app(settings, os.environ) as app:
            parts = server_parts(app, TokenDirectory(tokens))
            async with (
                listening(parts, ListenSettings(address="127.0.0.1:0", grace=1.0)) as server,
                listening_http(parts, "127.0.0.1:0") as http,
                aio.insecure_channel(str(server.address)) as channel,
            ):
                house = House(app, channel, http, tokens, apart)
                async with asyncio.timeout(2 * SECONDS):
                    await _live(house)
                yield house
    finally:
        await shop.stop(None)


def _apart(settings: Settings, folder: Path) -> Settings:
    """Return settings by which each tenant has policies and tool servers of its own, under an organisation's."""
    org, names = folder / "org", (OURS, THEIRS)
    shutil.copytree(WORKSPACE / "policies" / "org", org / "policies" / "org")
    (org / "assent.yaml").write_text("name: org\n", encoding="utf-8")
    for name in names:
        shutil.copytree(WORKSPACE, folder / name)
        (folder / name / "data").mkdir()
        (folder / name / "data" / "own.yaml").write_text(f"whose: {name}\n", encoding="utf-8")
    own = {f"{name}/{server}": place for name in names for server, place in settings.tool_servers.items()}
    tenants = {name: TenantSettings(str(folder / name)) for name in names}
    return replace(settings, workspace=org, tool_servers=own, tenants=tenants)


async def _live(house: House) -> None:
    """Let the other tenant do something of everything, and note what it is called."""
    parent, order, word = f"tenants/{THEIRS}", f"order-of-{THEIRS}", f"word-of-{THEIRS}"

    async def made(rpc: str, **request: Any) -> dict[str, Any]:
        return await house.say(rpc, {"parent": parent, **request}, THEIRS)

    runs = {
        "run": await house.submit(THEIRS, "refund", order, "run.succeeded", request_id="the-same"),
        "held": await house.submit(THEIRS, "held", order, "approval.requested"),
        "lost": await house.submit(THEIRS, "lost", order, "action.unknown"),
        "asked": await house.submit(THEIRS, "asked", order, "approval.choice_requested"),
    }
    for waits in ("held", "lost", "asked"):  # and writes nothing more by itself
        await house.until(THEIRS, runs[waits]["name"], "run.waiting")
    house.known = {key: _id(run) for key, run in runs.items()}
    listed = (await made("ApprovalService/ListApprovals"))["approvals"]
    by_run = {one["run"]: one for one in listed}
    approval, item = by_run[runs["held"]["name"]], by_run[runs["asked"]["name"]]
    action = {"id": "pay", "agent": "desk", "action": "shop.pay", "args": {"order": order}}
    decided = await made("DecisionService/Decide", action=action, request_id="the-same")
    delegation = {"taker": DANA, "roles": ["director"], "reason": word, "expire_time": _tomorrow()}
    given = await made("DelegationService/CreateDelegation", delegation=delegation, request_id="the-same")
    stop = {"scope": "STOP_SCOPE_RUN", "value": house.known["lost"], "reason": word}
    stopped = await made("StopService/CreateStop", stop=stop, request_id="the-same")
    proposed = await made("ProcessService/ProposePlan", plan_json=json.dumps(_AMENDMENT))
    revision = house.app.realms.revision(THEIRS)
    shadow = await made("ShadowService/StartShadow", revision=revision)
    about = {"subject": "customer 7", "request_id": "the-same"}
    wish = {"memory_class": "wishes", "purpose": "What customers like", "value": word}
    kept = await made("MemoryService/Remember", **about, **wish)
    held = await made("MemoryService/PlaceHold", **about, reason=word)
    proof = await made("AuditService/VerifyTrail")
    house.known |= {
        "approval": _id(approval),
        "item": _id(item),
        "etag": approval["etag"],
        "digest": approval["presented_digest"],
        "decision": decided["decision"]["decision_id"],
        "permit": _id(decided["permit"]),
        "delegation": _id(given),
        "stop": _id(stopped),
        "amendment": _id(proposed["amendment"]),
        "shadow": _id(shadow),
        "revision": revision,
        "memory": _id(kept["memory"]),
        "hold": _id(held["hold"]),
        "request": "the-same",
        "item_digest": item["presented_digest"],
        "lost_etag": (await house.say("RunService/GetRun", {"name": runs["lost"]["name"]}, THEIRS))["etag"],
        "proposal": json.dumps(_AMENDMENT),
        "tomorrow": _tomorrow(),
        "head": f"{proof['records']}:{proof['head_hash']}",
    }


_AMENDMENT = {
    "process": "refund",
    "steps": [
        {"id": "look", "agent": "desk", "action": "shop.look", "args": {"order": {"$ref": "inputs.order"}}},
        {"id": "twice", "agent": "desk", "action": "shop.look", "args": {"order": {"$ref": "inputs.order"}}},
        {"id": "pay", "agent": "desk", "action": "shop.pay", "args": {"order": {"$ref": "inputs.order"}},
         "after": ["look", "twice"]},
    ],
}  # fmt: skip


def _tomorrow() -> str:
    return (utc_now() + timedelta(days=1)).isoformat()


def _id(resource: dict[str, Any]) -> str:
    return str(resource["name"]).rpartition("/")[2]
