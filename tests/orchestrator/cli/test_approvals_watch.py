"""``assent approvals watch`` against a server that runs."""

import asyncio
import json
import signal

import pytest

from tests.orchestrator.cli.program import ASSENT, SECONDS, Desk, clean_environ


@pytest.mark.requirement("orchestrator.approvals-watched")
async def test_what_happens_to_approvals_is_shown_until_ctrl_c(desk: Desk) -> None:
    run, approval = await asyncio.to_thread(desk.waiting)
    watcher = await asyncio.create_subprocess_exec(
        *ASSENT, "approvals", "watch", "--as", "lea", "--run", run, "--json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=clean_environ(**desk.environ),
    )  # fmt: skip
    assert watcher.stdout is not None
    async with asyncio.timeout(SECONDS):
        there = json.loads(await watcher.stdout.readline())
        assert there["approval"]["name"].endswith(approval)
        assert (there["event"], there["seq"]) == ("", "0")
        said = await asyncio.to_thread(desk, "approvals", "reject", approval, "--as", "lea", "-m", "not damaged")
        assert said.code == 0
        events: list[str] = []
        while "approval.rejected" not in events:
            told = json.loads(await watcher.stdout.readline())
            assert told["approval"]["state"] == "APPROVAL_STATE_REJECTED"
            events.append(told["event"])
        watcher.send_signal(signal.SIGINT)
        _, err = await watcher.communicate()
    assert (watcher.returncode, err.decode()) == (130, "not watching any more\n")


@pytest.mark.requirement("orchestrator.approvals-listed")
def test_the_list_is_of_a_role_a_kind_or_an_age(desk: Desk) -> None:
    run, approval = desk.waiting()

    def listed(*options: str) -> list[str]:
        said = desk("approvals", "list", "--as", "lea", "--run", run, "--json", *options)
        return [one["name"].rpartition("/")[2] for one in said.json["approvals"]]

    assert listed("--kind", "action") == [approval]
    assert listed("--kind", "review") == []
    assert listed("--role", "nobody") == []
    assert listed("--older-than", "2h") == []
    refused = desk("approvals", "list", "--as", "lea", "--older-than", "yesterday")
    assert (refused.code, "30m, 2h or 7d" in refused.err) == (3, True)
    desk("runs", "cancel", run)
