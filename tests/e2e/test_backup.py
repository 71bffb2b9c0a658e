"""A database that was dumped under a running server and restored elsewhere: the trail holds, and runs go on."""

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
