"""Any bytes at all where OPA's answer should be: our own client and evaluator read them, from a real socket.

What the bytes may say is known beforehand, so that nothing of the code that is tested judges itself.
"""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.opa.client import OpaClient
from assent_sidecar.question import Question
from tests.sidecar.decisions import WELL_FORMED
from tests.sidecar.engines import question
from tests.sidecar.fuzzing import FUZZ

PROVENANCE = {"version": "1.22.2", "bundles": {"assent": {"revision": "r1"}}}


class Wire:
    """A server that says what it is told to, and a client and evaluator that have to make sense of it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.said = b""
        self._stack = contextlib.AsyncExitStack()

    async def open(self, folder: Path) -> None:
        server = await asyncio.start_unix_server(self._talk, folder / "o")
        self._stack.callback(server.close)
        client = await self._stack.enter_async_context(OpaClient(folder / "o"))
        self._evaluator = Evaluator(client, versions=frozenset({"1.22.2"}), revisions=lambda: ("r1",), query_timeout=10)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.said)
            await writer.drain()
        writer.close()

    async def close(self) -> None:
        await self._stack.aclose()

    def hear(self, said: bytes, asked: Question) -> Decided:
        self.said = said
        return self.loop.run_until_complete(self._evaluator.decide(asked, budget=10))


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    opened = Wire()
    with tempfile.TemporaryDirectory() as folder:
        opened.loop.run_until_complete(opened.open(Path(folder)))
        yield opened
        opened.loop.run_until_complete(opened.close())
        opened.loop.close()


QUESTIONS = {kind: question(kind) for kind, _ in WELL_FORMED}
BODIES = [
    (kind, json.dumps({"decision_id": "d1", "provenance": PROVENANCE, "result": decision}).encode())
    for kind, decision in WELL_FORMED
]
REFUSALS = [
    (kind, body.replace(b'"verdict": "allow"', b'"verdict": "deny"')) for kind, body in BODIES if kind == "action"
]


def chunked(body: bytes, sizes: int) -> bytes:
    pieces = [body[at : at + sizes] for at in range(0, len(body), sizes)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@st.composite
def framed(draw: st.DrawFn, body: bytes) -> bytes:
    """Return the body as an HTTP answer, in one of the ways in which a server may frame it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    size = draw(st.one_of(st.none(), st.integers(1, 64)))
    if size is None:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body, size)


def is_denied(decided: Decided) -> bool:
    return decided.fault and decided.verdict is Verdict.DENY and len(decided.codes) == 1


@pytest.mark.requirement("sidecar.fuzz")
@FUZZ
@given(data=st.data())
def test_a_whole_answer_is_believed_however_it_is_framed(wire: Wire, data: st.DataObject) -> None:
    kind, body = data.draw(st.sampled_from(BODIES))
    assert not wire.hear(data.draw(framed(body)), QUESTIONS[kind]).fault


@pytest.mark.requirement("sidecar.fuzz")
@FUZZ
@given(data=st.data())
def test_no_part_of_an_answer_is_taken_for_the_whole(wire: Wire, data: st.DataObject) -> None:
    kind, body = data.draw(st.sampled_from(BODIES))
    whole = data.draw(framed(body))
    # Of the last chunk only the line that says so is needed; the empty line behind it is ornament.
    end = len(whole) - (4 if whole.endswith(b"0\r\n\r\n") else 1)
    assert is_denied(wire.hear(whole[: data.draw(st.integers(0, end))], QUESTIONS[kind]))


@pytest.mark.requirement("sidecar.fuzz")
@FUZZ
@given(said=st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda end: b"HTTP/1.1 200 OK\r\n" + end)))
def test_noise_is_denied(wire: Wire, said: bytes) -> None:
    assert is_denied(wire.hear(said, QUESTIONS["action"]))


@pytest.mark.requirement("sidecar.fuzz")
@FUZZ
@given(data=st.data())
def test_no_damage_on_the_way_makes_an_allow_of_a_refusal(wire: Wire, data: st.DataObject) -> None:
    kind, body = data.draw(st.sampled_from(REFUSALS))
    said = bytearray(data.draw(framed(body)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(said) - 1))
        match data.draw(st.sampled_from(["flip", "drop", "insert", "repeat", "swap"])):
            case "flip":
                said[at] ^= 1 << data.draw(st.integers(0, 7))
            case "drop":
                del said[at : at + data.draw(st.integers(1, 8))]
            case "insert":
                said[at:at] = data.draw(st.binary(min_size=1, max_size=8))
            case "repeat":
                said[at:at] = said[at : at + data.draw(st.integers(1, 64))]
            case "swap":
                other = data.draw(st.integers(0, len(said) - 1))
                said[at], said[other] = said[other], said[at]
        if not said:
            break
    assert wire.hear(bytes(said), QUESTIONS[kind]).verdict is not Verdict.ALLOW


@pytest.mark.requirement("sidecar.fuzz")
@FUZZ
@given(data=st.data(), status=st.one_of(st.integers(201, 599), st.sampled_from([200])))
def test_only_a_plain_200_is_an_answer(wire: Wire, data: st.DataObject, status: int) -> None:
    kind, body = data.draw(st.sampled_from(BODIES))
    said = data.draw(framed(body)).replace(b"200 OK", b"%d Some Reason" % status, 1)
    decided = wire.hear(said, QUESTIONS[kind])
    assert decided.fault == (status != 200)
    assert decided.fault <= is_denied(decided)


HEADERS = st.sampled_from(
    [
        b"Content-Length: 5",
        b"Content-Length: 99999",
        b"Content-Length: -1",
        b"Content-Length: +20",
        b"Content-Length: 1, 2",
        b"Content-Encoding: gzip",
        b"Content-Encoding: deflate",
        b"Content-Encoding: br",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: identity",
        b"X: " + b"x" * 9000,
        b"no colon",
        b" folded: line",
        b": no name",
        b"Na me: x",
        b"X: \x00",
        b"Location: http://127.0.0.1:1/",
        b"Set-Cookie: a=b",
        b"Connection: upgrade\r\nUpgrade: h2c",
    ]
)


@pytest.mark.requirement("sidecar.fuzz")
@FUZZ
@given(data=st.data(), headers=st.lists(HEADERS, min_size=1, max_size=3))
def test_headers_that_contradict_each_other_make_nothing_of_a_refusal(
    wire: Wire, data: st.DataObject, headers: list[bytes]
) -> None:
    kind, body = data.draw(st.sampled_from(REFUSALS))
    said = data.draw(framed(body)).replace(b"OK\r\n", b"OK\r\n" + b"\r\n".join(headers) + b"\r\n", 1)
    smuggled = dict(BODIES)["action"]
    said += b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(smuggled) + smuggled
    assert wire.hear(said, QUESTIONS[kind]).verdict is not Verdict.ALLOW
