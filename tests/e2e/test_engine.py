"""What happens to runs when the engine dies or the workspace breaks under a running server."""

import signal
from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment, deployment, state


async def governed(deployed: Deployment, run: str) -> bool:
    """Whether every intent of the run stands behind an allow for that very step and attempt."""
    allowed: set[tuple[str, int]] = set()
    for one in await deployed.trail(run):
        if one["event"] == "decision.made" and one["decision"]["verdict"] == "allow" and "action" in one:
            allowed.add((one["step"], one["attempt"]))
        if one["event"] == "action.intended" and (one["step"], one["attempt"]) not in allowed:
            return False
    return True


@pytest.mark.timeout(300)
@pytest.mark.requirement("bad-input.engine-killed-denies-until-back")
@pytest.mark.requirement("bad-input.engine-killed-run-waits-or-fails")
async def test_with_the_engine_killed_the_run_waits_and_goes_on_governed(tmp_path: Path) -> None:
    async with deployment(tmp_path, "product_analytics.get_usage=slow:1s") as deployed:
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, "action.intended", "usage")
        deployed.engine().send_signal(signal.SIGKILL)
        ended = await deployed.end_of(run)
        assert state(ended) == "succeeded"
        assert await governed(deployed, run)


@pytest.mark.timeout(300)
@pytest.mark.requirement("bad-input.nothing-ungoverned")
async def test_with_the_engine_stopped_decisions_are_denied_and_nothing_runs(tmp_path: Path) -> None:
    async with deployment(tmp_path, "product_analytics.get_usage=slow:1s") as deployed:
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, "action.intended", "usage")
        engine = deployed.engine()
        engine.suspend()
        try:
            async for event in deployed.events(run):
                if event.event == "decision.made" and event.step == "risk":
                    assert list(event.reasons) == ["ENGINE_TIMEOUT"]
                    break
            records = await deployed.trail(run)
            assert not [one for one in records if one["event"] == "action.intended" and one["step"] == "risk"]
        finally:
            engine.resume()
        assert state(await deployed.end_of(run)) == "succeeded"
        assert await governed(deployed, run)


@pytest.mark.timeout(300)
@pytest.mark.requirement("bad-input.broken-workspace-keeps-the-old-bundle")
async def test_a_broken_workspace_is_named_by_file_and_line_and_the_old_bundle_stays(tmp_path: Path) -> None:
    async with deployment(tmp_path, copy=True) as deployed:
        before = (await deployed.health()).revision
        policy = deployed.workspace / "policies" / "department" / "sales" / "privacy.rego"
        whole = policy.read_text()
        policy.write_text(whole + "\ndeny contains {\n")
        deployed.send(signal.SIGHUP)
        await deployed.says("the bundle in force stays")
        assert any("policies/department/sales/privacy.rego:" in line for line in deployed.log), deployed.log
        assert (await deployed.health()).revision == before
        policy.write_text(whole + "\n# A comment changes what is in force, and its name.\n")
        deployed.send(signal.SIGHUP)
        await deployed.says("the workspace is in force as")
        assert (await deployed.health()).revision != before
        assert state(await deployed.end_of((await deployed.submit("ACC-1001")).name)) == "succeeded"
