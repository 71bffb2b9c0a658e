import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from aiohttp import web

from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.origin.file import FileOrigin
from assent_sidecar.bundle.origin.folder import FolderOrigin
from assent_sidecar.bundle.origin.origin import Origin
from assent_sidecar.bundle.origin.url import UrlOrigin
from assent_sidecar.bundle.refusal import BundleSignatureError, BundleUnavailableError, BundleUnsignedError
from assent_sidecar.bundle.serve import RESOURCE, BundleServer
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.opa.binary import find_binary
from tests.sidecar.engines import until
from tests.sidecar.feeds import deciding, followed, offer
from tests.sidecar.signed import Signer, archive_of, bundle, ring
from tests.sidecar.workspace_copies import SALES, copy_of, put, replace

NEVER = 3600.0
"""Seconds between two looks: whatever is seen within a test was seen by an event."""


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path)


@asynccontextmanager
async def a_server(*replies: web.Response) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """Serve these answers, one after the other and the last one for ever; return the URL and the requests."""
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        reply = replies[min(len(asked), len(replies)) - 1]
        return web.Response(status=reply.status, headers=reply.headers, body=cast("bytes | None", reply.body))

    app = web.Application()
    app.router.add_get("/{any:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


async def next_change(origin: Origin, change: Callable[[], object]) -> None:
    """Begin to look for changes, cause one, and wait for it."""
    async with aclosing(origin.changes()) as looking, asyncio.timeout(60):
        waiting = asyncio.ensure_future(anext(looking))
        while not waiting.done():  # the watch may not stand yet when the first change happens
            change()
            await asyncio.wait([waiting], timeout=0.5)
        await waiting


@pytest.mark.requirement("sidecar.bundle-origins")
async def test_a_workspace_is_built_again_when_one_of_its_files_changed_and_only_then(tmp_path: Path) -> None:
    root = copy_of(SALES, tmp_path)
    origin = FolderOrigin(root, find_binary({}), every=NEVER)
    first = await origin.fetch()
    assert first is not None
    assert await origin.fetch() is not None  # nobody said yet that it was taken
    origin.taken()
    assert await origin.fetch() is None
    (root / "notes.txt").write_text("not a file of a workspace")
    assert await origin.fetch() is None
    number = iter(range(50, 10_000))
    await next_change(origin, lambda: put(root, "data/limits.yaml", f"at_risk_below: {next(number)}\n"))
    second = await origin.fetch()
    assert second is not None
    assert second.revision != first.revision
    put(root, "data/limits.yaml", "[")
    with pytest.raises(WorkspaceError, match=r"data/limits\.yaml:1"):
        await origin.fetch()


@pytest.mark.requirement("sidecar.bundle-origins", "sidecar.bundle-kept")
async def test_a_watched_workspace_comes_into_force_by_itself_and_a_broken_one_does_not(
    tmp_path: Path, signer: Signer, caplog: pytest.LogCaptureFixture
) -> None:
    root = copy_of(SALES, tmp_path)
    origin = FolderOrigin(root, find_binary({}), every=0.5)
    async with deciding(tmp_path, signer, trust=Trust(), origin=origin) as desk, followed(desk):
        first = desk.sidecar.bundle.revision
        replace(root, "data/limits.yaml", "at_risk_below: 50", "at_risk_below: 51")
        await until(lambda: desk.sidecar.bundle.revision != first)
        second = desk.sidecar.bundle.revision
        put(root, "policies/org/broken.rego", "package policies.org.broken\n\nallow contains")
        await until(lambda: desk.feed.status.problem)
        assert "policies/org/broken.rego:3" in caplog.text
        assert desk.sidecar.bundle.revision == second
    async with deciding(tmp_path, signer, trust=Trust(), origin=FolderOrigin(root, find_binary({}))) as again:
        assert again.sidecar.bundle.revision == second
        assert again.feed.status.problem
        await again.feed.roll_back(first)
        (root / "policies/org/broken.rego").unlink()
        assert await again.feed.refresh() == first  # what was left is not taken again
    other = Path(shutil.copytree(root, tmp_path / "other"))
    put(other, "data/limits.yaml", "[")
    with pytest.raises(WorkspaceError):  # what is not signed counts for the folder that it was built from
        async with deciding(tmp_path, signer, trust=Trust(), origin=FolderOrigin(other, find_binary({}))):
            pytest.fail("it opened")


@pytest.mark.requirement("sidecar.bundle-origins")
async def test_a_file_that_is_replaced_comes_into_force_by_itself(tmp_path: Path, signer: Signer) -> None:
    offer(tmp_path / "bundle.tar.gz", signer, 1)
    origin = FileOrigin(tmp_path / "bundle.tar.gz", Trust(ring(signer)), every=NEVER)
    assert await origin.fetch() is not None
    origin.taken()
    assert await origin.fetch() is None
    number = iter(range(2, 1000))
    await next_change(origin, lambda: offer(tmp_path / "bundle.tar.gz", signer, next(number)))
    assert await origin.fetch() is not None
    async with deciding(tmp_path, signer) as desk, followed(desk):
        newest = desk.offer(5000)
        await until(lambda: desk.sidecar.bundle.revision == newest.revision)


@pytest.mark.requirement("sidecar.bundle-origins")
async def test_a_server_that_holds_requests_is_followed_without_asking_all_the_time(
    tmp_path: Path, signer: Signer
) -> None:
    server = BundleServer()
    await server.start()
    server.publish(bundle(signer, 1))
    url = f"{server.url}/{RESOURCE}?signature=secret"
    origin = UrlOrigin(url, Trust(ring(signer)), token=server.token, every=NEVER)
    try:
        async with deciding(tmp_path, signer, origin=origin) as desk:
            assert await desk.number() == "1 1"
            assert "secret" not in desk.feed.status.origin
            async with followed(desk):
                await until(lambda: server.waiting)
                newest = bundle(signer, 2)
                server.publish(newest)
                await until(lambda: desk.sidecar.bundle.revision == newest.revision)
    finally:
        await server.stop()


@pytest.mark.requirement("sidecar.bundle-origins", "sidecar.bundle-tampered")
async def test_a_bundle_that_was_refused_is_asked_for_again_and_never_taken_for_known(signer: Signer) -> None:
    headers = {"ETag": '"one"'}
    replies = (
        web.Response(body=archive_of(1), headers=headers),
        web.Response(body=signer.sign(archive_of(1), 1), headers=headers),
        web.Response(status=304),
    )
    async with a_server(*replies) as (url, asked):
        origin = UrlOrigin(f"{url}/b", Trust(ring(signer)))
        with pytest.raises(BundleUnsignedError):
            await origin.fetch()
        assert await origin.fetch() is not None
        origin.taken()
        assert await origin.fetch() is None
        await origin.close()
    assert [request.headers.get("If-None-Match") for request in asked] == [None, None, '"one"']
    assert {request.headers["Prefer"] for request in asked} == {"modes=snapshot"}


@pytest.mark.requirement("sidecar.bundle-origins")
@pytest.mark.parametrize("status", [304, 401, 404, 500])
async def test_a_server_that_hands_out_no_bundle_is_not_there(signer: Signer, status: int) -> None:
    async with a_server(web.Response(status=status)) as (url, _):
        origin = UrlOrigin(f"{url}/b", Trust(ring(signer)))
        with pytest.raises(BundleUnavailableError, match=str(status)):
            await origin.fetch()
        await origin.close()


@pytest.mark.requirement("sidecar.bundle-origins")
async def test_nobody_a_bundle_too_large_and_a_url_that_is_none_are_said(signer: Signer) -> None:
    trust = Trust(ring(signer))
    nobody = UrlOrigin("http://127.0.0.1:1/b", trust)
    with pytest.raises(BundleUnavailableError, match="cannot be reached"):
        await nobody.fetch()
    await nobody.close()
    async with a_server(web.Response(body=bytes(1001))) as (url, _):
        small = UrlOrigin(f"{url}/b", trust, largest=1000)
        with pytest.raises(BundleUnavailableError, match="larger than 1000"):
            await small.fetch()
        await small.close()
    for wrong in ("ftp://x/y", "http://", "http://user:secret@x/y"):
        with pytest.raises(BundleUnavailableError) as refused:
            UrlOrigin(wrong, trust)
        assert "secret" not in str(refused.value)


async def test_a_signature_of_somebody_else_is_refused_wherever_it_comes_from(tmp_path: Path, signer: Signer) -> None:
    (tmp_path / "elsewhere").mkdir()
    offer(tmp_path / "bundle.tar.gz", Signer(tmp_path / "elsewhere"), 1)
    with pytest.raises(BundleSignatureError):
        await FileOrigin(tmp_path / "bundle.tar.gz", Trust(ring(signer))).fetch()
