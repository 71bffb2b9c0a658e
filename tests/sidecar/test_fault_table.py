"""Every row of the fault table, brought about for real: the engine is OPA or the wire, never a stand-in for ours."""

import ast
import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from assent_sidecar import evaluator
from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.model import Json
from assent_sidecar.opa.client import OpaClient
from assent_sidecar.question import Question
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.engines import ALLOW, Talk, bundle_of, listening, question, raw
from tests.sidecar.fault_table import PAGE, ROOT, Fault, FaultTableError, faults, page, sections

FAULTS = faults()
ECHO_ANYTHING = "package assent\n\nready := true\n\ndecision := input.context.answer\n"
ENVELOPE: dict[str, Json] = {
    "decision_id": "d1",
    "provenance": {"version": "1.22.2", "bundles": {"assent": {"revision": "r1"}}},
    "result": ALLOW,
}


def of(*hows: str) -> pytest.MarkDecorator:
    found = [fault for fault in FAULTS if fault.how in hows]
    assert found
    return pytest.mark.parametrize("fault", found, ids=lambda fault: fault.name)


def assert_denied(decided: Decided, fault: Fault) -> None:
    assert (decided.fault, decided.verdict, decided.codes) == (True, Verdict.DENY, (fault.code,))
    assert decided.decision.reasons[0].message
    assert not decided.decision.obligations
    assert decided.provenance.decision_id


@pytest.fixture(scope="module")
async def sidecar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sidecar]:
    """A real engine, shared; each test activates the policy that it needs."""
    folder = tmp_path_factory.mktemp("faults")
    async with open_sidecar(
        SidecarSettings(folder, {}, query_timeout=20, probe_timeout=20, activation_timeout=60), bundle_of()
    ) as opened:
        yield opened


async def active(sidecar: Sidecar, source: str) -> None:
    bundle = bundle_of(source)
    if sidecar.bundle.revision != bundle.revision:
        await sidecar.activate(bundle)


@pytest.mark.requirement("sidecar.every-fault-denies")
@of("says")
async def test_what_policies_say_and_is_no_decision_is_denied(sidecar: Sidecar, fault: Fault) -> None:
    await active(sidecar, ECHO_ANYTHING)
    asked = question(fault.kind, context={"answer": fault.what})
    assert_denied(await sidecar.evaluator.decide(asked, budget=20), fault)


@pytest.mark.requirement("sidecar.every-fault-denies")
@of("policy")
async def test_policies_that_cannot_say_anything_are_denied(sidecar: Sidecar, fault: Fault) -> None:
    await active(sidecar, f"package assent\n\nready := true\n\n{fault.what}\n")
    assert_denied(await sidecar.evaluator.decide(question(fault.kind), budget=20), fault)


async def test_the_engine_of_this_table_allows_when_nothing_is_wrong(sidecar: Sidecar) -> None:
    await active(sidecar, ECHO_ANYTHING)
    assert (await sidecar.evaluator.decide(question(answer=ALLOW), budget=20)).verdict is Verdict.ALLOW


async def over_the_wire(folder: Path, talk: Talk | None, asked: Question, *, budget: float = 10) -> Decided:
    """Ask whoever talks on the socket, with our own client and evaluator."""
    async with contextlib.AsyncExitStack() as stack:
        if talk is not None:
            await stack.enter_async_context(listening(folder / "o", talk))
        client = await stack.enter_async_context(OpaClient(folder / "o"))
        subject = Evaluator(client, versions=frozenset({"1.22.2"}), revisions=lambda: ("r1",), query_timeout=budget)
        return await subject.decide(asked, budget=budget)


@pytest.mark.requirement("sidecar.every-fault-denies")
@of("without", "context")
async def test_a_question_that_cannot_be_asked_is_denied(tmp_path: Path, fault: Fault) -> None:
    whole = question(fault.kind)
    if fault.how == "without":
        asked = whole.model_copy(update=dict.fromkeys(fault.what))
    else:
        asked = whole.model_copy(update={"context": {"x": eval(fault.what)}})  # ours, from the table
    assert_denied(await over_the_wire(tmp_path, answer({}), asked), fault)


def answer(what: dict[str, Any]) -> Talk:
    """Return a server that gives the answer of a row."""
    body = what.get("body")
    envelope = _merged(ENVELOPE, what.get("json", {}))
    content = json.dumps(envelope).encode() if body is None else body.encode("latin-1")
    content = (b" " * what.get("padding", 0) + content) * (2 if what.get("twice") else 1)
    length = len(content) + what.get("length", 0)
    headers = {"Content-Type": "application/json", "Content-Length": str(length), **what.get("headers", {})}
    head = f"HTTP/1.1 {what.get('status', '200 OK')}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return raw(head.encode() + b"\r\n" + content[: len(content) - what.get("cut", 0)])


def _merged(whole: dict[str, Json], part: dict[str, Json]) -> dict[str, Json]:
    inner = {
        key: _merged(whole[key], value) if isinstance(value, dict) and key in whole else value
        for key, value in part.items()
    }
    return whole | inner


async def test_the_answer_of_this_table_is_an_allow_when_nothing_is_wrong(tmp_path: Path) -> None:
    assert (await over_the_wire(tmp_path, answer({}), question())).verdict is Verdict.ALLOW


@pytest.mark.requirement("sidecar.every-fault-denies")
@of("http", "raw")
async def test_what_comes_over_the_wire_and_is_no_decision_is_denied(tmp_path: Path, fault: Fault) -> None:
    talk = answer(fault.what) if fault.how == "http" else raw(fault.what.encode("latin-1"))
    assert_denied(await over_the_wire(tmp_path, talk, question(fault.kind)), fault)


@pytest.mark.requirement("sidecar.every-fault-denies")
@of("slow")
async def test_what_does_not_come_in_time_is_denied(tmp_path: Path, fault: Fault) -> None:
    over = asyncio.Event()
    first = {"body": b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", "head": b"HTTP/1.1 200 OK\r\nX: "}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            if fault.what != "deaf":
                await reader.readuntil(b"\r\n\r\n")
            writer.write(first.get(fault.what, b""))
            while fault.what in first:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
            await over.wait()
        writer.close()

    began = asyncio.get_running_loop().time()
    decided = await over_the_wire(tmp_path, None if fault.what == "absent" else talk, question(), budget=0.3)
    assert_denied(decided, fault)
    assert asyncio.get_running_loop().time() - began < 20
    over.set()


@of("test")
def test_the_tests_that_the_table_names_are_there(fault: Fault) -> None:
    file, name = fault.what.split("::")
    defined = {
        node.name
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    assert name in defined


@pytest.mark.requirement("sidecar.every-fault-denies")
def test_every_code_that_a_decision_can_be_missing_for_has_a_row() -> None:
    assert {fault.code for fault in FAULTS if fault.code} == set(evaluator._MESSAGES)


def test_no_fault_is_listed_twice() -> None:
    for section in sections():
        names = [fault.name for fault in section.faults]
        assert len(names) == len(set(names))


@pytest.mark.requirement("done.fail-closed-page")
def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "write it anew: python -m tests.sidecar.fault_table docs/fail-closed.md"
    )


@pytest.mark.requirement("done.fail-closed-page")
def test_the_page_links_to_what_is_there() -> None:
    for link in re.findall(r"\]\(\.\./([^)#]+)", page()):
        assert (ROOT / link).is_file(), link


@pytest.mark.parametrize(
    "row",
    [
        "{fault: x, code: Y}",
        "{fault: x, says: 1}",
        "{fault: x, says: 1, raw: '', code: Y}",
        "{fault: x, says: 1, code: Y, answer: z}",
        "{fault: x, says: 1, answer: z}",
        "{fault: x, says: 1, code: Y, note: more}",
    ],
)
def test_a_row_that_proves_nothing_is_refused(tmp_path: Path, row: str) -> None:
    (tmp_path / "1.yaml").write_text(f"title: t\nintro: i\nfaults: [{row}]\n", encoding="utf-8")
    with pytest.raises(FaultTableError):
        sections(tmp_path)
