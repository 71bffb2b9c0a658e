"""An engine that lies: the real OPA, and between it and whoever asks somebody who damages what it says.

``python -m assent_orchestrator.cli.chaos.interposer WORD OPA run --server … --addr unix:///path …`` starts OPA on
another socket and listens at ``/path`` itself. The file WORD names the fault of the moment (one of ``FAULTS``), or
nothing: then everything passes as it is. It is read for every answer: a fault begins and ends between two of them.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import aiohttp
from aiohttp import web

from assent_sidecar.opa import __file__ as _opa_package

_TETHER = Path(_opa_package).with_name("tether.py")
_ADDRESS = "unix://"
_DECIDING = "/v1/data/"
_POLL = 0.02
_BETWEEN_BYTES = 0.1
_JSON = "application/json"

Damage = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]
"""Answers a request with something else than the engine's whole answer, which it is given."""

_turn = count()


async def garbage(_: web.Request, content: bytes) -> web.StreamResponse:
    """Answer 200 with something that is no decision, and would be an allow to whoever does not look closely."""
    whole = json.loads(content)
    kinds = (
        b"<html>allow</html>",
        b"\xff\xfe" + content,
        content * 2,
        json.dumps({"result": {"verdict": "allow"}}).encode(),
        json.dumps(whole | {"result": True}).encode(),
        json.dumps(whole | {"result": {"allow": True}}).encode(),
        json.dumps(whole | {"result": {"verdict": "allow", "deny": []}}).encode(),
        json.dumps(whole | {"result": {"verdict": "allow"}, "provenance": {"version": "0.1.0"}}).encode(),
    )
    return web.Response(body=kinds[next(_turn) % len(kinds)], content_type=_JSON)


async def half(request: web.Request, content: bytes) -> web.StreamResponse:
    """Answer 200 with the length of the whole body and half of it, then hang up."""
    transport = request.transport
    if transport is not None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nContent-Length: {len(content)}\r\n\r\n"
        transport.write(head.encode() + content[: len(content) // 2])
        transport.close()
    return web.Response()  # nobody is there any more to take it


async def slow(request: web.Request, content: bytes) -> web.StreamResponse:
    """Answer as the engine does, but a byte at a time."""
    answer = web.StreamResponse()
    answer.content_type, answer.content_length = _JSON, len(content)
    await answer.prepare(request)
    for at in range(len(content)):
        await answer.write(content[at : at + 1])
        await asyncio.sleep(_BETWEEN_BYTES)
    return answer


FAULTS: dict[str, Damage] = {"garbage": garbage, "half": half, "slow": slow}


async def main(word: Path, opa: str, *arguments: str) -> int:
    """Run OPA to its end behind the socket that it was to listen on; return its exit code."""
    asked = next(argument for argument in arguments if argument.startswith(_ADDRESS))
    front = Path(asked.removeprefix(_ADDRESS))
    behind = front.with_name("real")  # no longer than what it stands for
    given = [f"{_ADDRESS}{behind}" if argument is asked else argument for argument in arguments]
    behind.unlink(missing_ok=True)
    engine = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", _TETHER, str(os.getpid()), "0", "0"),  # no limit of its own, and no niceness
        opa,
        *given,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, engine.terminate)
    listening = asyncio.create_task(_listen(word, front, behind))
    try:
        return await engine.wait()
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        behind.unlink(missing_ok=True)


async def _listen(word: Path, front: Path, behind: Path) -> None:
    await _up(behind)
    connector = aiohttp.UnixConnector(str(behind), limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
        application = web.Application(client_max_size=2**30)
        application.router.add_route("*", "/{any:.*}", _passing(session, word))
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            os.umask(0o177)  # the socket is 0600, as the engine's own
            await web.UnixSite(runner, front).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


def _passing(session: aiohttp.ClientSession, word: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def passed(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name not in ("Host", "Connection")}
        url = f"http://opa{request.path_qs}"
        async with session.request(request.method, url, headers=headers, data=body) as answer:
            content = await answer.read()
        damage = FAULTS.get(await asyncio.to_thread(word.read_text))
        if damage is not None and answer.status == 200 and request.path.startswith(_DECIDING):
            return await damage(request, content)
        return web.Response(status=answer.status, body=content, content_type=answer.content_type)

    return passed


async def _up(socket: Path) -> None:
    while True:
        try:
            _, writer = await asyncio.open_unix_connection(socket)
        except OSError:
            await asyncio.sleep(_POLL)
            continue
        writer.close()
        return


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:])))
