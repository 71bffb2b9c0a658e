import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.serve import RESOURCE, BundleServer
from assent_sidecar.errors import EngineUnavailableError
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.opa.client import Answer, OpaClient
from assent_sidecar.opa.config import render
from assent_sidecar.opa.process import OpaProcess
from tests.sidecar.engines import ALLOW, bundle_of, until

ONE, TWO = bundle_of(note="one"), bundle_of(note="two")


@pytest.fixture
async def server() -> AsyncIterator[BundleServer]:
    server = BundleServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def http(server: BundleServer) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {server.token}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        yield session


async def get(http: aiohttp.ClientSession, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    async with http.get(
        f"/{RESOURCE}", headers={name.replace("_", "-"): value for name, value in headers.items()}
    ) as r:
        return r.status, r.headers, await r.read()


def etag(bundle: Bundle) -> str:
    return f'"{bundle.revision}"'


@pytest.mark.requirement("sidecar.bundle-served")
async def test_the_bundle_comes_with_its_revision_as_etag(server: BundleServer, http: aiohttp.ClientSession) -> None:
    server.publish(ONE)
    status, headers, body = await get(http)
    assert (status, headers["ETag"], body) == (200, etag(ONE), ONE.archive)
    assert headers["Content-Type"] == "application/vnd.openpolicyagent.bundles"


async def test_the_server_listens_on_loopback_only(server: BundleServer) -> None:
    assert server.url.startswith("http://127.0.0.1:")


@pytest.mark.requirement("sidecar.bundle-served")
@pytest.mark.parametrize("value", ["", "Bearer", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"])
async def test_without_the_token_there_is_no_bundle(server: BundleServer, value: str) -> None:
    server.publish(ONE)
    async with aiohttp.ClientSession(server.url) as anonymous:
        status, headers, body = await get(anonymous, Authorization=value.format(token=server.token))
    assert (status, body) == (401, b"")
    assert headers["WWW-Authenticate"] == "Bearer"


async def test_each_server_has_a_token_of_its_own() -> None:
    assert BundleServer().token != BundleServer().token


async def test_before_anything_is_published_there_is_nothing(http: aiohttp.ClientSession) -> None:
    assert (await get(http))[0] == 404


@pytest.mark.parametrize("known", ["{etag}", "W/{etag}", '"other", {etag}', "*"])
async def test_what_the_client_has_is_not_sent_again(
    server: BundleServer, http: aiohttp.ClientSession, known: str
) -> None:
    server.publish(ONE)
    status, headers, body = await get(http, If_None_Match=known.format(etag=etag(ONE)))
    assert (status, headers["ETag"], body) == (304, etag(ONE), b"")


async def test_only_that_one_path_exists(server: BundleServer, http: aiohttp.ClientSession) -> None:
    server.publish(ONE)
    async with http.get("/other") as other, http.post(f"/{RESOURCE}") as post, http.head(f"/{RESOURCE}") as head:
        assert (other.status, post.status, head.status) == (404, 405, 405)


@pytest.mark.requirement("sidecar.bundle-long-poll")
async def test_a_client_that_waits_gets_the_next_bundle_when_it_is_published(
    server: BundleServer, http: aiohttp.ClientSession
) -> None:
    server.publish(ONE)
    asking = asyncio.create_task(get(http, If_None_Match=etag(ONE), Prefer="modes=snapshot,delta;wait=60"))
    await until(lambda: server.waiting == 1)
    server.publish(ONE)  # the same once more is nothing new
    server.publish(TWO)
    status, headers, body = await asyncio.wait_for(asking, 60)
    assert (status, headers["ETag"], body) == (200, etag(TWO), TWO.archive)


@pytest.mark.requirement("sidecar.bundle-long-poll")
async def test_a_client_that_waited_long_enough_is_told_that_nothing_changed(
    server: BundleServer, http: aiohttp.ClientSession
) -> None:
    server.publish(ONE)
    status, headers, _ = await get(http, If_None_Match=etag(ONE), Prefer="wait=0")
    assert (status, headers["Content-Type"]) == (304, "application/vnd.openpolicyagent.bundles")


async def test_nobody_waits_longer_than_the_server_allows() -> None:
    server = BundleServer(max_wait=0.01)
    await server.start()
    try:
        server.publish(ONE)
        async with aiohttp.ClientSession(server.url, headers={"Authorization": f"Bearer {server.token}"}) as http:
            async with asyncio.timeout(60):
                assert (await get(http, If_None_Match=etag(ONE), Prefer="wait=3600"))[0] == 304
    finally:
        await server.stop()


async def test_a_client_that_goes_away_is_not_waited_for(server: BundleServer, http: aiohttp.ClientSession) -> None:
    server.publish(ONE)
    asking = asyncio.create_task(get(http, If_None_Match=etag(ONE), Prefer="wait=60"))
    await until(lambda: server.waiting == 1)
    asking.cancel()
    await until(lambda: server.waiting == 0)


async def test_stopping_answers_whoever_waits() -> None:
    server = BundleServer()
    await server.start()
    server.publish(ONE)
    async with aiohttp.ClientSession(server.url, headers={"Authorization": f"Bearer {server.token}"}) as http:
        asking = asyncio.create_task(get(http, If_None_Match=etag(ONE), Prefer="wait=60"))
        await until(lambda: server.waiting == 1)
        await asyncio.wait_for(server.stop(), 60)
        assert (await asking)[0] == 503
    await server.stop()
    with pytest.raises(RuntimeError):
        _ = server.url


@pytest.mark.requirement("sidecar.bundle-long-poll")
async def test_a_real_engine_takes_the_first_bundle_and_then_the_second(server: BundleServer, tmp_path: Path) -> None:
    server.publish(ONE)
    config = render({}, bundles=server.url, resource=RESOURCE, token=server.token)
    process = OpaProcess(find_binary({}), config, tmp_path / "engine" / "opa.sock")
    await process.start()
    try:
        async with OpaClient(tmp_path / "engine" / "opa.sock") as client:
            assert (await decided(client)).revision == ONE.revision
            await until(lambda: server.waiting == 1)  # it polls again, and holds
            server.publish(TWO)

            async def swapped() -> bool:
                return (await decided(client)).revision == TWO.revision

            await until(swapped)
            assert (await decided(client)).result == ALLOW
    finally:
        await process.stop()


@pytest.mark.requirement("sidecar.bundle-served")
async def test_a_real_engine_with_another_token_gets_no_policies(server: BundleServer, tmp_path: Path) -> None:
    server.publish(ONE)
    config = render({}, bundles=server.url, resource=RESOURCE, token="another")
    process = OpaProcess(find_binary({}), config, tmp_path / "engine" / "opa.sock", start_timeout=2)
    with pytest.raises(EngineUnavailableError):
        await process.start()


async def decided(client: OpaClient) -> Answer:
    question: dict[str, Any] = {"context": {"answer": ALLOW}}
    return await client.decide(json.dumps(question).encode(), {}, 5)
