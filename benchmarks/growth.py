"""How decisions grow with the policies: from 1 to 1,000 rules, and to 100 MB of data; and what memory all that takes.

Every rule applies to every question, so that none is left out by the engine's index for lack of a value. The data is
loaded beside the catalogue, as policies would read it.
"""

import asyncio
import io
import json
import os
import sys
import tarfile
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psutil

from assent_orchestrator.decisions.check import accept
from assent_orchestrator.decisions.request import DecisionRequest, Wish
from assent_orchestrator.plan.digests import NO_KEY
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.canonical import digest_bytes
from assent_sidecar.facts import Principal
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.question import Kind, Question
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from bench.measure import interleaved
from bench.parts import engine_socket
from bench.stage import CALLER
from bench.workspace import make_workspace

RULES = (1, 10, 100, 1000)
MEGABYTES = (1, 10, 100)
BATCH = 50


def _request(size: int) -> DecisionRequest:
    wishes = (Wish(id=f"a{n}", agent="bot", action="box.put", args={"text": "hello", "n": n}) for n in range(size))
    return DecisionRequest(wishes=tuple(wishes), batch=True)


def _question(sidecar: Sidecar, size: int) -> Question:
    actions = accept(_request(size), sidecar.bundle.catalogue, NO_KEY)
    principal = Principal(id=CALLER.id, roles=("submitter",), authn="token")
    return Question(kind=Kind.BATCH, time=datetime.now(UTC), tenant="local", principal=principal, actions=actions)


def _with_data(bundle: Bundle, megabytes: int) -> Bundle:
    """Return the bundle with so much data in it: many small objects, as of customers."""
    if not megabytes:
        return bundle
    one = {"name": "x" * 60, "limits": {"discount": 10, "amount": 1000}, "tags": ["a", "b"]}
    count = megabytes * 1_000_000 // (len(json.dumps(one)) + 16)
    data = json.dumps({"bulk": {f"c{n:09}": one for n in range(count)}}).encode()
    revision = digest_bytes(bundle.revision.encode() + data)
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(bundle.archive)) as old,
        tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as new,
    ):
        for entry in old:
            content = _content(old, entry)
            if entry.name.strip("/") == ".manifest":
                manifest = json.loads(content)
                manifest["revision"] = revision
                manifest["roots"].append("bulk")
                content = json.dumps(manifest).encode()
            entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))
        entry = tarfile.TarInfo("/bulk/data.json")
        bulk = json.dumps(json.loads(data)["bulk"]).encode()
        entry.size = len(bulk)
        new.addfile(entry, io.BytesIO(bulk))
    return Bundle(archive=out.getvalue(), revision=revision, catalogue=bundle.catalogue)


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(entry)
    if file is None:
        raise AssertionError("bundles hold files only")
    return file.read()


@asynccontextmanager
async def _open(rules: int, megabytes: int) -> AsyncIterator[Sidecar]:
    with tempfile.TemporaryDirectory(prefix="assent-bench-") as folder:
        make_workspace(Path(folder) / "workspace", 1, rules=rules)
        bundle = await build_bundle(Path(folder) / "workspace", find_binary(os.environ))
        settings = SidecarSettings(Path(folder) / "state", os.environ, query_timeout=10, activation_timeout=120)
        async with open_sidecar(settings, _with_data(bundle, megabytes)) as sidecar:
            yield sidecar


async def _measure(rules: int, megabytes: int, count: int) -> None:
    async with _open(rules, megabytes) as sidecar:
        single, many = _question(sidecar, 1), _question(sidecar, BATCH)
        body = json.dumps({"input": single.to_json()}).encode()
        connector = aiohttp.UnixConnector(engine_socket(sidecar))
        async with aiohttp.ClientSession(connector=connector) as session:

            async def raw() -> None:
                async with session.post("http://opa/v1/data/assent/decision", data=body) as response:
                    assert (await response.json())["result"]["verdict"] == "allow"

            async def one() -> None:
                assert (await sidecar.evaluator.decide(single, budget=10)).verdict == "allow"

            async def batch() -> None:
                assert (await sidecar.evaluator.decide(many, budget=10)).verdict == "allow"

            series = await interleaved(count, 3, raw=raw, one=one, batch=batch)
        engine = max(
            (child for child in psutil.Process().children(recursive=True)), key=lambda it: it.memory_info().rss
        )
        sizes = [process.memory_info().rss / 1e6 for process in (engine, psutil.Process())]
        times = [found.quantile(share) * 1000 for found in series for share in (0.5, 0.99)]
        cells = "".join(f"{number:>10.2f}" for number in times) + "".join(f"{size:>10.0f}" for size in sizes)
        print(f"{rules:>6}{megabytes:>6}{cells}", flush=True)


async def main() -> None:
    """Measure ``COUNT`` times, the first argument; of fewer than 5 only the smallest are measured."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    smallest = count < 5
    print(f"p50 and p99 in ms, {count} times each; resident memory in MB")
    heads = ("raw", "p99", "one", "p99", f"of {BATCH}", "p99", "OPA", "ours")
    print(f"{'rules':>6}{'MB':>6}" + "".join(f"{head:>10}" for head in heads))
    for rules in RULES[:2] if smallest else RULES:
        await _measure(rules, 0, count)
    for megabytes in MEGABYTES[:1] if smallest else MEGABYTES:
        await _measure(1, megabytes, count)


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
