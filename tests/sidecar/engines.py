"""What the tests of the decision point share: questions, small bundles, and an engine that says what a test wants."""

import asyncio
import gzip
import io
import json
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.canonical import digest_bytes
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.model import Json
from assent_sidecar.opa.client import Answer
from assent_sidecar.question import Question

ROOT = Path(__file__).parents[2]
DIGEST = digest_bytes(b"")
ALLOW: dict[str, Json] = {"verdict": "allow", "reasons": [{"code": "GRANTED"}]}

ECHO = """
package assent

# METADATA
# labels:
#   control: TEST-01
decision := object.union(input.context.answer, {}) if not input.context.slow

decision := count([1 | numbers.range(1, 200000)[_]; numbers.range(1, 200000)[_]]) if input.context.slow

boom := 1 / input.context.zero

decision := {"verdict": boom} if input.context.zero == 0
"""
"""Policies that answer whatever the question's context wants to hear, take forever, or fail."""


def bundle_of(source: str = ECHO, *, note: str = "") -> Bundle:
    """Return a bundle of one policy and the shipped log rule; ``note`` makes another revision of it."""
    return bundle_of_files({"assent/main.rego": source, "assent/log.rego": _shipped("assent/log.rego")}, note=note)


def bundle_of_library(policy: str) -> Bundle:
    """Return a bundle of the shipped library and one policy of the organisation."""
    library = (path for path in (ROOT / "rego/assent").rglob("*.rego") if not path.stem.endswith("_test"))
    files = {name: _shipped(name) for name in (path.relative_to(ROOT / "rego").as_posix() for path in library)}
    return bundle_of_files(files | {"policies/org/one.rego": f"package policies.org.one\n{policy}"})


def _shipped(name: str) -> str:
    return (ROOT / "rego" / name).read_text()


def bundle_of_files(files: dict[str, str], *, note: str = "") -> Bundle:
    """Return a bundle of Rego files by their paths."""
    revision = digest_bytes(json.dumps([files, note]).encode())
    roots = sorted({name.split("/")[0] for name in files})
    files = files | {".manifest": json.dumps({"revision": revision, "roots": roots, "rego_version": 1})}
    buffer = io.BytesIO()
    # Without the time of day: the same files are the same bundle.
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return Bundle(archive=buffer.getvalue(), revision=revision, catalogue=Catalogue(workspace="test"))


def question(kind: str = "action", answer: Json = None, **more: Json) -> Question:
    """Return a question; to ``ECHO`` it is also the answer."""
    document: dict[str, Json] = {
        "kind": kind,
        "time": "2026-01-02T03:04:05Z",
        "tenant": "default",
        "principal": {"id": "ada", "authn": "token"},
        "process": {"name": "renewal", "version": "1", "owner": "ada", "department": "sales"},
        "run": {"id": "run-1", "plan_digest": DIGEST},
        "context": {} if answer is None else {"answer": answer},
    }
    agent = {"id": "clerk", "department": "sales", "owner": "ada"}
    action = {"system": "crm", "operation": "read", "effect": "read", "args": {"account": "ACME"}, "digest": DIGEST}
    parts: dict[str, dict[str, Json]] = {
        "action": {"agent": agent, "action": action, "step": {"id": "look", "attempt": 1}},
        "condition": {"condition": {"name": "at_risk", "outputs": {}}},
        "plan": {
            "plan": {
                "digest": DIGEST,
                "steps": [{"id": step, "agent": agent, "action": action} for step in ("look", "write")],
            }
        },
    }
    parts["trial"] = parts["plan"] | {"trials": [{"id": "t0", "step": "look", "action": action}, {"id": "t1"}]}
    return Question.from_json(document | parts.get(kind, {}) | more)


class SaidEngine:
    """An engine that gives one answer: only for what a real one never says."""

    def __init__(self, result: Json, *, revision: str | None = "r1", version: str | None = "1.22.2") -> None:
        self.answer = Answer(result=result, decision_id="d1", revision=revision, version=version, controls=())
        self.asked = 0

    async def decide(self, question: bytes, metadata: Mapping[str, str], timeout: float) -> Answer:  # noqa: ARG002, ASYNC109 - the engine's signature
        self.asked += 1
        return self.answer


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(socket: Path, talk: Talk) -> AsyncIterator[None]:
    """Run a server that is no OPA on ``socket``."""
    server = await asyncio.start_unix_server(talk, socket)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


def http(body: bytes, *, status: str = "200 OK", headers: str = "") -> Talk:
    """Return a server that gives one HTTP answer to each request, whatever it is."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        writer.close()

    return talk


def raw(content: bytes) -> Talk:
    """Return a server that writes ``content`` and hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(content)
        writer.close()

    return talk


async def until(condition: Callable[[], Awaitable[Any] | Any], *, timeout: float = 60.0) -> Any:  # noqa: ASYNC109 - a bound, not an API
    """Return what ``condition`` gives as soon as that is true; a bounded wait, never a fixed one."""
    async with asyncio.timeout(timeout):
        while True:
            value = condition()
            if isinstance(value, Awaitable):
                value = await value
            if value:
                return value
            await asyncio.sleep(0.01)
