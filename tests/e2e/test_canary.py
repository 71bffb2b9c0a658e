"""Marked values go along every path, and are then searched for in everything that was written anywhere: none is there.

One that is not labelled goes along the same paths and is found.
"""

import asyncio
import base64
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import psycopg
import pytest
from aiohttp import web
from google.protobuf import json_format, struct_pb2

from assent.v1 import (
    approvals_pb2,
    memories_pb2,
    memories_pb2_grpc,
    permits_pb2,
    permits_pb2_grpc,
    plans_pb2,
    runs_pb2,
)
from assent_orchestrator.server.tokens import new_entry, write_tokens
from assent_orchestrator.store.embedded import EmbeddedServer
from tests.e2e.canary.safe import Safe, open_safe
from tests.e2e.canary.search import forms, found_below, found_in
from tests.e2e.deployment import AUDITOR, DIRECTOR, OPERATOR, RUNTIME, SECONDS, TENANT, Deployment, state, states
from tests.e2e.dump import libpq
from tests.examples.programs import program

WORKSPACE = Path(__file__).parent / "canary/workspace"
PATHS = (
    "fetched",
    "first",
    "second",
    "exchanged",
    "token",
    "decided",
    "batched",
    "authzen",
    "context",
    "remembered",
    "plain",
)
"""Where the values come from; only ``plain`` carries no label."""


@dataclass
class Marked:
    """Marks by the path that each goes, and values that hold them between characters that are written in many ways."""

    marks: dict[str, str] = field(default_factory=lambda: {path: secrets.token_hex(9) for path in PATHS})

    @property
    def values(self) -> dict[str, str]:
        return {path: f'kanarek "{path}"\\é\n{mark}' for path, mark in self.marks.items()}


@dataclass
class House:
    """Everything that a server writes to, and the server."""

    folder: Path
    server: Deployment
    safe: Safe
    http: str
    answers: list[bytes] = field(default_factory=list)

    def note(self, answer: Any) -> None:
        """Keep what a caller was answered."""
        self.answers.append(answer.SerializeToString())


@contextlib.asynccontextmanager
async def collector(folder: Path) -> AsyncIterator[str]:
    """Keep the spans that arrive, as they are."""
    await asyncio.to_thread(folder.mkdir)

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        await asyncio.to_thread((folder / secrets.token_hex(8)).write_bytes, body)
        return web.Response(content_type="application/x-protobuf")

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def house(folder: Path, values: Mapping[str, str]) -> AsyncIterator[House]:
    """Start a server that is told everything, sends mail, and is traced."""
    people = ((RUNTIME, "submitter"), (DIRECTOR, "sales_director"), (AUDITOR, "auditor"), (OPERATOR, "operator"))
    tokens = write_tokens(folder / "tokens.json", tuple(new_entry(who, (role,)) for who, role in people))
    async with (
        program("tool_server.mailbox", "--folder", str(folder / "mail"), "--port", "0") as mailbox,
        open_safe(values) as (safe, address),
        collector(folder / "spans") as traces,
    ):
        host, _, port = mailbox.address.rpartition(":")
        told = {
            "smtp": {"host": host, "port": int(port), "security": "none", "from": "assent@acme.example"},
            "mail": [{"role": "sales_director", "to": ["dana@acme.example"]}],
        }
        (folder / "notices.yaml").write_text(json.dumps(told), encoding="utf-8")
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": traces, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        arguments = ("--notices", str(folder / "notices.yaml"), "--http", "127.0.0.1:0")
        server = Deployment(folder, address, WORKSPACE, tokens, environ, arguments)
        await server.start()
        try:
            yield House(folder, server, safe, await http_of(server))
        finally:
            await server.stop()


async def http_of(server: Deployment) -> str:
    """Return where the server takes HTTP."""
    await server.says("AuthZEN")
    return next(line.rpartition("http://")[2] for line in server.log if "AuthZEN" in line)


async def submit(here: House, process: str, inputs: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    plan = json_format.ParseDict({"process": process, "inputs": inputs, "labels": labels}, plans_pb2.Plan())
    request = runs_pb2.SubmitPlanRequest(parent=TENANT, plan=plan)
    run = await here.server.runs.SubmitPlan(request, metadata=here.server.metadata(), timeout=SECONDS)
    here.note(run)
    return run.name


async def answer(here: House, run: str, **said: Any) -> None:
    """Answer what waits in a run."""
    [waiting] = await here.server.pending(run)
    here.note(waiting)
    approvals, who = here.server.approvals, here.server.metadata(DIRECTOR)
    whole = await approvals.GetApproval(
        approvals_pb2.GetApprovalRequest(name=waiting.name), metadata=who, timeout=SECONDS
    )
    here.note(whole)
    request = approvals_pb2.DecideApprovalRequest(
        name=whole.name, etag=whole.etag, presented_digest=whole.presented_digest, rationale="looked", **said
    )
    here.note(await approvals.DecideApproval(request, metadata=who, timeout=SECONDS))


async def along_every_path(here: House, values: Mapping[str, str]) -> None:
    """One run with retries, errors, a choice, a list, an edited approval, a work item and an undoing."""
    labels = {"/token": {"labels": ["private"]}}
    inputs = {"token": values["token"], "plain": values["plain"]}
    run = await submit(here, "everything", inputs, labels)
    await here.server.until(run, "approval.choice_requested", "asked")
    await answer(here, run, choice=approvals_pb2.WorkItem.CHOICE_SKIP)
    await here.server.until(run, "approval.requested", "wire")
    edits = {"/amount": struct_pb2.Value(number_value=4)}
    await answer(here, run, answer=approvals_pb2.DecideApprovalRequest.ANSWER_APPROVE, edits=edits)
    ended = await here.server.end_of(run)
    here.note(ended)
    assert (state(ended), states(ended)["use"]) == ("failed", "compensated"), ended
    assert states(ended)["known"] == "succeeded"
    kept = next(step for step in ended.steps if step.id == "remembered")
    assert kept.reason == "CLASS_NEVER"
    given = [args for operation, args in here.safe.calls if operation == "wire"]
    assert [(one["to"], one["amount"]) for one in given] == [(values["fetched"], 4)], "it was done with the value"
    undone = here.safe.calls[-1][1]
    assert (undone["secret"], undone["token"]) == (values["fetched"], values["token"])


async def over_a_kill(here: House, values: Mapping[str, str]) -> None:
    """One run that is killed while a secret is given for another one, which is there again; the first is not."""
    run = await submit(here, "killed", {}, {})
    await asyncio.wait_for(here.safe.hanging.wait(), SECONDS)
    await here.server.kill()
    await here.server.start()
    ended = await here.server.end_of(run)
    here.note(ended)
    assert states(ended) == {"fetch": "succeeded", "exchange": "succeeded", "new": "succeeded", "old": "failed"}
    assert ended.reason == "NOT_RETAINED"
    assert here.safe.calls[-1] == ("use", {"mode": "ok", "secret": values["exchanged"]})


async def remembered_by_callers(here: House, values: Mapping[str, str]) -> None:
    """What callers want remembered: with such a label nothing is, in whichever class."""
    async with grpc.aio.insecure_channel(here.server.address) as channel:
        stub: Any = memories_pb2_grpc.MemoryServiceStub(channel)
        wanted = {
            "parent": TENANT,
            "memory_class": "notes",
            "purpose": "To be looked up",
            "subject": "ann",
            "value": {"note": values["remembered"]},
            "labels": {"/note": {"labels": ["private"]}},
        }
        request = json_format.ParseDict(wanted, memories_pb2.RememberRequest())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Remember(request, metadata=here.server.metadata(), timeout=SECONDS)
        assert "CLASS_NEVER" in str(dict(refused.value.trailing_metadata() or ())), refused.value


async def asked_by_agents(here: House, values: Mapping[str, str]) -> None:
    """What agents ask who act themselves, over gRPC and HTTP: allowed, and refused in the policies' own words."""
    async with grpc.aio.insecure_channel(here.server.address) as channel:
        stub: Any = permits_pb2_grpc.DecisionServiceStub(channel)
        for mode in ("ok", "refused"):
            one = wish(mode, values["decided"])
            terms = {"context": {"hint": values["context"]}}
            asked = {"parent": TENANT, "action": one, "terms": terms, "request_id": f"one-{mode}"}
            request = json_format.ParseDict(asked, permits_pb2.DecideRequest())
            said = await stub.Decide(request, metadata=here.server.metadata(), timeout=SECONDS)
            assert (said.permit.name != "") is (mode == "ok"), said
        both = [{**wish(mode, values["batched"]), "id": mode} for mode in ("ok", "refused")]
        many = {"parent": TENANT, "actions": both, "request_id": "both"}
        batch = json_format.ParseDict(many, permits_pb2.DecideBatchRequest())
        await stub.DecideBatch(batch, metadata=here.server.metadata(), timeout=SECONDS)
    evaluation = {
        "subject": {"type": "agent", "id": "clerk"},
        "action": {"name": "use"},
        "resource": {
            "type": "system",
            "id": "safe",
            "properties": {
                "args": {"mode": "refused", "secret": values["authzen"]},
                "labels": {"/secret": ["private"]},
            },
        },
    }
    token = dict(here.server.metadata())["authorization"]
    url = f"http://{here.http}/access/v1/evaluation"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=evaluation, headers={"Authorization": token}) as told,
    ):
        assert told.status == 200, await told.text()


def wish(mode: str, secret: str) -> dict[str, Any]:
    labels = {"/secret": {"labels": ["private"]}}
    return {
        "id": "mine",
        "agent": "clerk",
        "action": "safe.use",
        "args": {"mode": mode, "secret": secret},
        "labels": labels,
    }


async def dumped(here: House) -> bytes:
    """Every row of every table, so that nothing is overlooked because it is compressed where it lies."""
    found: list[str] = []
    where = libpq(EmbeddedServer(here.folder / "data/postgres").url)
    async with await psycopg.AsyncConnection.connect(where) as connection:
        tables = (
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in await (await connection.execute(tables)).fetchall():
            rows = await connection.execute(f'SELECT t::text FROM "{schema}"."{table}" t')
            found += [str(row[0]) for row in await rows.fetchall()]
        await connection.execute("COMMIT")
        await connection.execute("CHECKPOINT")
    return "\n".join(found).encode()


@pytest.mark.timeout(600)
@pytest.mark.requirement("orchestrator.never-canary")
@pytest.mark.requirement("orchestrator.never-digests-keyed")
async def test_marked_values_go_along_every_path_and_are_found_nowhere(tmp_path: Path) -> None:
    marked = Marked()
    labelled = {path: mark for path, mark in marked.marks.items() if path != "plain"}
    async with house(tmp_path, marked.values) as here:
        await along_every_path(here, marked.values)
        await asked_by_agents(here, marked.values)
        await remembered_by_callers(here, marked.values)
        await over_a_kill(here, marked.values)
        trail = await here.server.trail()
        assert {"run.created", "decision.made", "action.failed", "approval.edited"} <= {one["event"] for one in trail}
        # First what was not written to its place yet, with the WAL; then after a checkpoint; then when all is stopped.
        files = [found_below([tmp_path], marked.marks)]
        rows = await dumped(here)
        files.append(found_below([tmp_path], marked.marks))
        log, told = "\n".join(here.server.log).encode(), b"".join(here.answers)
    files.append(found_below([tmp_path], marked.marks))
    elsewhere = {"rows": rows, "log": log, "answers": told, "trail": json.dumps(trail).encode()}
    leaked = {name: found_in(content, labelled) for name, content in elsewhere.items()}
    assert leaked == dict.fromkeys(elsewhere, frozenset())
    for found in files:
        assert {path: where for path, where in found.items() if path != "plain"} == {}
        assert any("postgres" in where for where in found["plain"]), "what is not labelled is found where it lies"
    assert found_in(rows, marked.marks) == {"plain"}
    assert found_in(told, marked.marks) == {"plain"}
    # Who guesses what was done, and has the right guess among others, finds nothing that says so.
    tried = {digest: digest for digest, private in here.safe.digests.items() if private}
    assert {name: found_in(content, tried) for name, content in elsewhere.items()} == dict.fromkeys(
        elsewhere, frozenset()
    )
    assert found_below([tmp_path], tried) == {}
    known = {digest: digest for digest, private in here.safe.digests.items() if not private}
    assert found_in(rows, known) == set(known), "of what is retained it is in the trail"
    assert tried
    assert known
    assert list((tmp_path / "spans").iterdir())
    assert list((tmp_path / "mail").iterdir())


@pytest.mark.requirement("orchestrator.never-canary")
@pytest.mark.parametrize(
    "written",
    [
        lambda mark: json.dumps({"é": f'"{mark}'}).encode(),
        lambda mark: base64.b64encode(f"{mark}xyz".encode()),
        lambda mark: base64.b64encode(f"a{mark}yz".encode()),
        lambda mark: base64.urlsafe_b64encode(f"ab?>{mark}".encode()),
        lambda mark: base64.b64encode(f"ab{mark}".encode()),
        lambda mark: f"NO_{mark.upper()}".encode(),
        lambda mark: f"ab{mark}".encode().hex().encode(),
        lambda mark: f"ab{mark}".encode("utf-16"),
        lambda mark: b"\xff\x00" + mark.encode() + b"\x00",
    ],
)
def test_the_search_finds_what_is_there(tmp_path: Path, written: Any) -> None:
    mark, other = secrets.token_hex(9), secrets.token_hex(9)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/file").write_bytes(b"before " + written(mark) + b" after")
    marks = {"here": mark, "not": other}
    assert found_below([tmp_path], marks) == {"here": [str(tmp_path / "deep/file")]}
    assert all(len(form) >= 16 for form in forms(mark)), "shorter ones are found by chance"
