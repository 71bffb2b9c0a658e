"""The HTTP port and requests that no client would send."""

import asyncio
import logging
from typing import Any, cast

import pytest

from assent_orchestrator.cli.log import open_log
from assent_orchestrator.server.http import listening_http
from assent_orchestrator.server.parts import ServerParts
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry
from tests.orchestrator.server.conftest import Wire
from tests.orchestrator.server.frames import HEADERS, call, hello, take


class Known:
    """The parts of a server that knows one caller and is asked nothing."""

    def __init__(self) -> None:
        entry = new_entry("sales-bot", ("submitter",), tenant="acme")
        self.identities = TokenDirectory(TokenFile(callers=(entry,)))
        self.auth = f"Authorization: Bearer {entry.token}".encode()


async def ask(parts: Known, *headers: bytes, body: bytes = b"{}", length: int = 2) -> bytes:
    """Send an evaluation, hang up when it says more than it has, and return the answer."""
    async with listening_http(cast("ServerParts", cast("Any", parts)), "127.0.0.1:0") as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        try:
            sent = (b"Host: x", b"Content-Type: application/json", b"Content-Length: %d" % length, *headers)
            writer.write(b"POST /access/v1/evaluation HTTP/1.1\r\n" + b"\r\n".join(sent) + b"\r\n\r\n" + body)
            if length > len(body):
                writer.write_eof()
            return await asyncio.wait_for(reader.read(16_384), 10)
        finally:
            writer.close()
            await writer.wait_closed()


async def test_a_token_that_is_no_text_is_nobodys() -> None:
    answer = await ask(Known(), b"Authorization: Bearer \xff\xfe.\xff.\xff")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"UNAUTHENTICATED" in answer


async def test_a_body_that_cannot_be_decoded_is_the_callers_fault(caplog: pytest.LogCaptureFixture) -> None:
    parts = Known()
    answer = await ask(parts, parts.auth, b"Content-Encoding: gzip")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"the body cannot be read" in answer
    assert "incident" not in caplog.text


async def test_who_hangs_up_before_the_body_is_whole_is_no_incident(caplog: pytest.LogCaptureFixture) -> None:
    parts = Known()
    await ask(parts, parts.auth, length=100)
    assert "incident" not in caplog.text


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Any:
    """The log of a server, as it is written."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    open_log(as_json=False)
    yield lambda: capsys.readouterr().err
    root.handlers[:], root.level = before, level
    logging.captureWarnings(capture=False)


@pytest.mark.requirement("orchestrator.unknown-callers-are-refused")
async def test_a_header_that_cannot_be_read_is_not_in_the_log(wire: Wire, log: Any) -> None:
    address = wire.listening.address
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(hello(window=65_535))
        writer.write(call(1, "/assent.v1.RunService/GetRun", b"", ("authorization", "Bearer nearly-a-token\udcff")))
        await asyncio.wait_for(take(reader, writer, HEADERS, 1), 10)
    finally:
        writer.close()
        await writer.wait_closed()
    answer = await ask(Known(), b"Authorization: Bearer nearly-a-token\x01")
    assert b" 400 " in answer
    logging.getLogger("assent.test").warning("the log is written")
    written = log()
    assert "the log is written" in written
    assert "nearly-a-token" not in written
