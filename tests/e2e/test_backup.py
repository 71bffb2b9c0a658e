"""A database that was dumped under a running server and restored elsewhere: the trail holds, and runs go on."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment, deployment, state, states
from tests.e2e.dump import dump, embedded, restore
from tests.e2e.test_takeover import database


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.backup-and-restore")
async def test_after_a_restore_the_trail_holds_runs_go_on_and_nothing_is_done_twice(tmp_path: Path) -> None:
    async with deployment(tmp_path) as deployed:
        finished = (await deployed.submit("ACC-1001")).name
        await deployed.end_of(finished)
        waits = (await deployed.submit("ACC-1002")).name
        await deployed.until(waits, "approval.requested", "offer_at_risk")
        backup = dump(database(tmp_path))
        # What happens after the backup is not known to it: the letter was sent all the same.
        await deployed.approve(waits)
        assert state(await deployed.end_of(waits)) == "succeeded"
        sent = len(deployed.mails())
        await deployed.stop()

        (tmp_path / "data" / "postgres").rename(tmp_path / "lost")
        with embedded(tmp_path / "data") as url:
            restore(url, backup)
        restored: Deployment = deployed
        await restored.start()
        assert await restored.intact()
        assert state(await restored.get(finished)) == "succeeded"
        await restored.approve(waits)
        ended = await restored.end_of(waits)
        assert state(ended) == "succeeded", states(ended)
        # The same keys again: the company answered with what it had done already.
        assert len(restored.mails()) == sent
        assert await restored.intact()


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.approvals-reading-room")
async def test_an_approval_that_waits_is_answered_on_another_machine_as_it_was_asked(tmp_path: Path) -> None:
    async with deployment(tmp_path) as here:
        waits = (await here.submit("ACC-1002")).name
        await here.until(waits, "approval.requested", "offer_at_risk")
        [asked] = await here.pending(waits)
        content = dump(database(tmp_path))
        await here.stop()

        # Nothing comes along but the database and who may call: another data folder, permit key and name of the server.
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        shutil.copy2(tmp_path / "tokens.json", folder / "tokens.json")
        with embedded(folder / "data") as url:
            restore(url, content)
        there = Deployment(folder, here.company, here.workspace, here.tokens, arguments=("--executor", "elsewhere"))
        await there.start()
        try:
            [again] = await there.pending(waits)
            assert again == asked
            await there.approve(waits)
            ended = await there.end_of(waits)
            assert state(ended) == "succeeded", states(ended)
            assert len(here.mails()) == 1
            assert await there.intact()
        finally:
            await there.stop()
