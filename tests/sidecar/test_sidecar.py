import asyncio
import contextlib
import os
import signal
import stat
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.serve import RESOURCE, BundleServer
from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.errors import ActivationError, EngineUnavailableError, EngineVersionError
from assent_sidecar.opa.binary import PINNED_VERSION, find_binary
from assent_sidecar.opa.config import render
from assent_sidecar.opa.folder import SOCKET, listening_place, make_folder, remove_folder
from assent_sidecar.opa.process import OpaProcess
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.engines import ALLOW, bundle_of, bundle_of_library, http, listening, question, until

GENEROUS = 60.0
"""Seconds: this machine is busy, and no test here is about speed."""


def settings(folder: Path, environ: Mapping[str, str] | None = None, **more: Any) -> SidecarSettings:
    times = {"query_timeout": GENEROUS, "probe_timeout": GENEROUS, "activation_timeout": GENEROUS}
    return replace(SidecarSettings(folder / "state", environ or {}), **(times | more))


@contextlib.asynccontextmanager
async def a_running_opa(folder: Path, bundle: Bundle) -> AsyncIterator[str]:
    """Run an OPA of the user's own, and return its URL."""
    server = BundleServer()
    await server.start()
    server.publish(bundle)
    config = render({}, bundles=server.url, resource=RESOURCE, token=server.token)
    process = OpaProcess(find_binary({}), config, folder / "own" / "opa.sock")
    try:
        await process.start()
        yield f"unix://{folder}/own/opa.sock"
    finally:
        await process.stop()
        await server.stop()


def _engine(sidecar: Sidecar) -> int:
    assert sidecar.process is not None
    assert sidecar.process.pid is not None
    return sidecar.process.pid


async def _allows(sidecar: Sidecar) -> bool:
    return (await sidecar.evaluator.decide(question(answer=ALLOW), budget=GENEROUS)).verdict is Verdict.ALLOW


async def _codes(sidecar: Sidecar, budget: float = GENEROUS) -> tuple[str, ...]:
    return (await sidecar.evaluator.decide(question(answer=ALLOW), budget=budget)).codes


@pytest.mark.requirement("sidecar.decision")
async def test_an_open_sidecar_decides(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path), bundle_of()) as sidecar:
        decided = await sidecar.evaluator.decide(question(answer=ALLOW), budget=GENEROUS)
        assert not decided.fault
        assert decided.verdict is Verdict.ALLOW
        assert decided.provenance.revision == sidecar.bundle.revision == bundle_of().revision
        assert decided.provenance.engine_version == PINNED_VERSION
        assert decided.provenance.controls == ("TEST-01",)
        health = await sidecar.health()
        assert (health.ready, health.engine_origin, health.detail) == (True, "package", "")
        assert health.revision == bundle_of().revision


POLICY = """
allow contains {"code": "READS", "control": "C-1"} if input.action.effect == "read"

require_approval contains {"code": "ASK", "approval": {"stages": [{"role": "boss"}]}} if input.inputs.ask

defer contains {"code": "LATER", "until": "2026-01-03T00:00:00Z"} if input.inputs.later

obligations contains {"type": "timeout", "after": "5s"} if input.action.effect == "read"

allow contains {"code": "PLANS"} if input.kind == "plan"
"""


@pytest.mark.requirement("sidecar.decision")
async def test_whatever_the_shipped_library_answers_is_well_formed(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path), bundle_of_library(POLICY)) as sidecar:

        async def told(kind: str, **inputs: bool) -> Decided:
            decided = await sidecar.evaluator.decide(question(kind, inputs=inputs), budget=GENEROUS)
            assert not decided.fault, decided.codes
            return decided

        assert (await told("action")).decision.reasons[0].scope == "org/one"
        assert (await told("action", ask=True)).verdict is Verdict.REQUIRE_APPROVAL
        assert (await told("action", later=True)).verdict is Verdict.DEFER
        assert (await told("condition")).decision.taken is False
        handoff = {"from": "clerk", "to": "chief", "reason": "too large for me"}
        handed = await sidecar.evaluator.decide(question("handoff", handoff=handoff), budget=GENEROUS)
        assert (handed.fault, handed.codes) == (False, ("NO_GRANT",))
        forecast = (await told("plan", ask=True)).decision
        assert {step.verdict for step in forecast.steps.values()} == {Verdict.REQUIRE_APPROVAL}


@pytest.mark.requirement("engine.stopped")
async def test_closing_leaves_neither_process_nor_file(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path), bundle_of()) as sidecar:
        pid = _engine(sidecar)
        [folder] = (tmp_path / "state").iterdir()
        assert sidecar.process is not None
        place = sidecar.process.socket.parent
        assert [stat.S_IMODE(one.stat().st_mode) for one in (folder, place)] == [0o700, 0o700]
    assert not psutil.pid_exists(pid)
    assert not place.exists()
    assert list((tmp_path / "state").iterdir()) == []


async def test_a_state_folder_may_be_deep_and_hold_what_a_killed_process_left(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    left = deep / "state" / "engine-999999999-x"
    left.mkdir(parents=True)
    async with open_sidecar(settings(deep), bundle_of()) as sidecar:
        assert await _allows(sidecar)
        assert sidecar.process is not None
        place = sidecar.process.socket.parent
        assert deep not in place.parents
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert list((deep / "state").iterdir()) == []
    assert not place.exists()


async def test_a_place_among_the_temporary_files_is_swept_up_after_a_kill(tmp_path: Path) -> None:
    state = tmp_path / ("d" * 120) / "state"
    place = listening_place(make_folder(state))
    (place / SOCKET).touch()
    [kept] = state.iterdir()
    kept.rename(kept.with_name(f"engine-999999999-{kept.name}"))
    other = make_folder(state)
    assert not place.exists()
    assert list(state.iterdir()) == [other]
    remove_folder(other)
    assert list(state.iterdir()) == []


@pytest.mark.requirement("sidecar.strict-errors-deny")
async def test_an_evaluation_error_is_a_deny(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path), bundle_of()) as sidecar:
        asked = question(context={"answer": ALLOW, "zero": 0})
        decided = await sidecar.evaluator.decide(asked, budget=GENEROUS)
        assert decided.fault
        assert decided.codes == ("ENGINE_ERROR",)


@pytest.mark.requirement("sidecar.engine-killed")
async def test_while_the_engine_is_dead_everything_is_denied_and_then_decided_again(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path), bundle_of()) as sidecar:
        assert await _allows(sidecar)
        os.kill(_engine(sidecar), signal.SIGKILL)
        seen: set[tuple[str, ...]] = set()
        decided = await sidecar.evaluator.decide(question(answer=ALLOW), budget=GENEROUS)
        async with asyncio.timeout(60):
            while decided.fault or not seen:  # the signal is on its way
                if decided.fault:
                    assert decided.verdict is Verdict.DENY
                    seen.add(decided.codes)
                decided = await sidecar.evaluator.decide(question(answer=ALLOW), budget=GENEROUS)
                await asyncio.sleep(0)
        assert seen == {("ENGINE_UNAVAILABLE",)}
        assert decided.verdict is Verdict.ALLOW


@pytest.mark.requirement("sidecar.engine-killed")
async def test_killing_the_engine_under_load_makes_no_allow_of_anything(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path), bundle_of()) as sidecar:
        denied = question(answer={"verdict": "deny", "reasons": [{"code": "NO"}]})

        async def ask() -> set[tuple[str, ...]]:
            return {(await sidecar.evaluator.decide(denied, budget=GENEROUS)).codes for _ in range(50)}

        asking = [asyncio.create_task(ask()) for _ in range(4)]
        await asyncio.sleep(0)
        os.kill(_engine(sidecar), signal.SIGKILL)
        codes = set().union(*await asyncio.gather(*asking))
        assert codes <= {("NO",), ("ENGINE_UNAVAILABLE",)}
        await until(lambda: _allows(sidecar))


@pytest.mark.requirement("sidecar.engine-hangs")
async def test_an_engine_that_hangs_is_a_timeout_and_then_decides_again(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path), bundle_of()) as sidecar:
        assert await _allows(sidecar)
        pid = _engine(sidecar)
        os.kill(pid, signal.SIGSTOP)

        async def is_late() -> bool:
            codes = await _codes(sidecar, budget=0.2)
            assert codes in {("GRANTED",), ("ENGINE_TIMEOUT",)}
            return codes == ("ENGINE_TIMEOUT",)

        try:
            await until(is_late)  # the signal is on its way to each thread
        finally:
            os.kill(pid, signal.SIGCONT)
        assert await _allows(sidecar)


async def test_a_sidecar_without_an_engine_is_not_ready(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path, query_timeout=0.5, probe_timeout=0.5), bundle_of()) as sidecar:
        assert sidecar.process is not None
        await sidecar.process.stop()
        health = await sidecar.health()
        assert not health.ready
        assert "down" in health.detail


@pytest.mark.requirement("sidecar.activation")
async def test_another_bundle_takes_over_and_no_question_is_lost_meanwhile(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path), bundle_of()) as sidecar:
        done = asyncio.Event()

        async def ask() -> set[str]:
            revisions = set()
            while not done.is_set():
                decided = await sidecar.evaluator.decide(question(answer=ALLOW), budget=GENEROUS)
                assert not decided.fault, decided.codes
                revisions.add(decided.provenance.revision)
            return revisions

        asking = asyncio.create_task(ask())
        newer = bundle_of(note="newer")
        await sidecar.activate(newer)
        assert sidecar.bundle == newer
        decided = await sidecar.evaluator.decide(question(answer=ALLOW), budget=GENEROUS)
        assert decided.provenance.revision == newer.revision
        done.set()
        assert await asking <= {bundle_of().revision, newer.revision}


@pytest.mark.requirement("sidecar.activation")
async def test_a_bundle_that_the_engine_does_not_take_leaves_the_one_before_in_force(tmp_path: Path) -> None:
    async with open_sidecar(settings(tmp_path), bundle_of()) as sidecar:
        with pytest.raises(ActivationError, match="rego_parse_error"):
            await sidecar.activate(bundle_of("package assent\n\nthis is no Rego\n"))
        assert sidecar.bundle == bundle_of()
        assert await _allows(sidecar)
        os.kill(_engine(sidecar), signal.SIGKILL)
        await until(lambda: _allows(sidecar))  # also an engine that starts anew gets the good one
        await sidecar.activate(bundle_of(note="better"))
        assert await _allows(sidecar)


async def test_a_bundle_that_cannot_be_activated_does_not_open(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="rego_parse_error"):
        async with open_sidecar(settings(tmp_path, start_timeout=4), bundle_of("package assent\n\nno Rego\n")):
            pytest.fail("it opened")
    assert list((tmp_path / "state").iterdir()) == []


@pytest.mark.requirement("engine.running-opa")
async def test_an_opa_that_already_runs_is_used_and_left_running(tmp_path: Path) -> None:
    async with a_running_opa(tmp_path, bundle_of()) as url:
        for _ in range(2):
            async with open_sidecar(settings(tmp_path, {"ASSENT_OPA_URL": url}), bundle_of()) as sidecar:
                assert sidecar.process is None
                assert await _allows(sidecar)
                assert (await sidecar.health()).engine_origin == "url"


@pytest.mark.requirement("sidecar.stale-denies")
async def test_an_opa_that_serves_other_policies_decides_nothing_here(tmp_path: Path) -> None:
    async with a_running_opa(tmp_path, bundle_of(note="other")) as url:
        environ = {"ASSENT_OPA_URL": url}
        async with open_sidecar(settings(tmp_path, environ, activation_timeout=3), bundle_of()) as sidecar:
            assert await _codes(sidecar) == ("POLICY_STALE",)
            health = await sidecar.health()
            assert not health.ready
            assert bundle_of().revision in health.detail
            with pytest.raises(ActivationError, match=bundle_of(note="other").revision):
                await sidecar.activate(bundle_of(note="third"))
            await sidecar.activate(bundle_of(note="other"))
            assert await _allows(sidecar)


OTHER = (
    b'{"provenance": {"version": "1.21.0", "bundles": {"assent": {"revision": "%s"}}}, "result": {"verdict": "allow"}}'
    % bundle_of().revision.encode()
)


@pytest.mark.requirement("engine.other-version-refused")
async def test_a_running_opa_of_another_version_is_refused_unless_allowed_by_name(tmp_path: Path) -> None:
    environ = {"ASSENT_OPA_URL": f"unix://{tmp_path}/o"}
    async with listening(tmp_path / "o", http(OTHER)):
        with pytest.raises(EngineVersionError, match=r"ASSENT_OPA_ALLOW_VERSION=1\.21\.0"):
            async with open_sidecar(settings(tmp_path, environ), bundle_of()):
                pytest.fail("it opened")
        allowed = environ | {"ASSENT_OPA_ALLOW_VERSION": "1.21.0"}
        async with open_sidecar(settings(tmp_path, allowed), bundle_of()) as sidecar:
            assert await _allows(sidecar)


@pytest.mark.requirement("engine.other-version-refused")
async def test_a_running_opa_that_is_replaced_by_another_version_decides_no_more(tmp_path: Path) -> None:
    environ = {"ASSENT_OPA_URL": f"unix://{tmp_path}/o"}
    async with listening(tmp_path / "o", http(OTHER.replace(b"1.21.0", PINNED_VERSION.encode()))):
        opened = open_sidecar(settings(tmp_path, environ), bundle_of())
        sidecar = await opened.__aenter__()
        assert await _allows(sidecar)
    (tmp_path / "o").unlink(missing_ok=True)
    async with listening(tmp_path / "o", http(OTHER)):
        assert await _codes(sidecar) == ("ENGINE_VERSION",)
        assert not (await sidecar.health()).ready
        await opened.__aexit__(None, None, None)


async def test_nobody_at_the_url_is_said_and_not_waited_for_forever(tmp_path: Path) -> None:
    environ = {"ASSENT_OPA_URL": f"unix://{tmp_path}/nobody"}
    with pytest.raises(EngineUnavailableError):
        async with open_sidecar(settings(tmp_path, environ, start_timeout=0.2), bundle_of()):
            pytest.fail("it opened")
