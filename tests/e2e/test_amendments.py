"""How a process changes: what planners suggest, what its owner sees, what a new bundle adopts. All by the commands."""

import asyncio
import copy
import json
import re
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from assent.v1 import runs_pb2
from assent_sidecar.bundle.workspace import load_workspace
from tests.e2e.deployment import (
    AUDITOR,
    OWNER,
    PLANNER,
    RUNTIME,
    SECONDS,
    Deployment,
    deployment,
    state,
    states,
)
from tests.orchestrator.cli.program import Said, assent

pytestmark = pytest.mark.timeout(900)

PROCESS = "contract_renewal"
FILE = f"processes/{PROCESS}.yaml"
QUIET = ("ACC-1001", "ACC-1004", "ACC-1010", "ACC-1016", "ACC-1022", "ACC-1028", "ACC-1034")
"""Accounts to begin with; how many of them end without anybody is counted, not presumed."""

Steps = dict[str, dict[str, Any]]


@dataclass
class Firm:
    """A deployment whose workspace may change, and its command line."""

    deployed: Deployment

    async def __call__(self, who: str, *arguments: str, stdin: str = "") -> Said:
        tokens = str(self.deployed.folder / "tokens.json")
        address = self.deployed.address
        return await asyncio.to_thread(
            lambda: assent(*arguments, "--as", who, stdin=stdin, ASSENT_SERVER=address, ASSENT_TOKEN_FILE=tokens)
        )

    def suggestion(self, change: Callable[[Steps], None]) -> str:
        """Return the process with a change, as a planner writes its plan: JSON, without inputs."""
        process = load_workspace(self.deployed.workspace).catalogue.processes[PROCESS].to_json()
        steps: list[dict[str, Any]] = copy.deepcopy(process["steps"])
        by_id = {step["id"]: step for step in steps}
        change(by_id)
        return json.dumps({"process": PROCESS, "steps": list(by_id.values())})

    async def suggest(self, change: Callable[[Steps], None], who: str = PLANNER) -> Said:
        return await self(who, "process", "propose", "-", stdin=self.suggestion(change))

    async def amendments(self) -> dict[str, str]:
        """Return every amendment and its state, as the owner finds them."""
        found = (await self(OWNER, "process", "amendments", "--all", "--json")).json["amendments"]
        return {one["name"].rpartition("/")[2]: one["state"].removeprefix("AMENDMENT_STATE_") for one in found}

    async def becomes(self, amendment: str, state: str) -> None:
        """Wait, bounded, until an amendment is in a state."""
        async with asyncio.timeout(SECONDS):
            while (await self.amendments())[amendment] != state:
                continue

    async def renew(self, count: int) -> list[runs_pb2.Run]:
        """Renew accounts until so many runs went through without anybody."""
        ended: list[runs_pb2.Run] = []
        for account in QUIET:
            run = await self.deployed.submit(account)
            async with asyncio.timeout(SECONDS):
                async for event in self.deployed.events(run.name):
                    if event.step_to == runs_pb2.STEP_STATE_AWAITING_APPROVAL:
                        break
                else:
                    ended.append(await self.deployed.get(run.name))
            if len(ended) == count:
                return ended
        raise AssertionError(f"only {len(ended)} of these renewals need nobody")

    async def recorded(self) -> list[dict[str, Any]]:
        return [one for one in await self.deployed.trail() if one["event"].startswith("amendment.")]


def amendment_of(said: Said) -> str:
    found = re.match(r"amendment (\S+) waits in assent process amendments; nobody is notified\n", said.out)
    assert found, said
    return found[1]


def beside(steps: Steps) -> None:
    """The follow-up is put down while the account manager is told."""
    steps["follow_up"]["after"] = []


def gossip(steps: Steps) -> None:
    """The letter tells what is for nobody outside."""
    steps["email"]["args"]["body"] = {"$concat": ["Between us: ", {"$ref": "steps.contract.output.internal_notes"}]}


def gift(steps: Steps) -> None:
    """A step that nobody wrote."""
    steps["gift"] = {**steps["notify"], "id": "gift"}


@pytest.fixture(scope="module")
async def firm(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Firm]:
    async with deployment(tmp_path_factory.mktemp("amendments"), copy=True) as deployed:
        yield Firm(deployed)


@pytest.mark.requirement(
    "orchestrator.plan-proposed", "orchestrator.amendment-owned", "orchestrator.amendment-effect",
    "orchestrator.amendment-adopted", "orchestrator.amendment-recorded", "orchestrator.process-mined",
)  # fmt: skip
async def test_a_suggestion_goes_its_whole_way_from_a_planner_to_a_new_bundle(firm: Firm) -> None:
    runs = await firm.renew(5)
    assert {state(run) for run in runs} == {"succeeded"}

    # A planner suggests. What it made up itself is put before nobody; neither does anybody else suggest.
    refused = await firm.suggest(gift)
    assert (refused.code, refused.out.splitlines()[0]) == (
        1,
        "it is no plan that may be proposed: STEP_MADE_UP; nothing was stored",
    )
    refused = await firm.suggest(beside, RUNTIME)
    assert (refused.code, "NO_GRANT" in refused.out) == (1, True)
    assert await firm.amendments() == {}
    said = await firm.suggest(beside)
    assert said.out.splitlines()[3:] == ['- steps.follow_up.after  ["notify"]']
    first, second = amendment_of(said), amendment_of(await firm.suggest(gossip))
    # It changes nothing, for nobody: such a plan is still none.
    submitted = await firm(PLANNER, "plan", "run", "-", "--input", "account=ACC-1001", stdin=firm.suggestion(beside))
    assert (submitted.code, "AMENDMENT" in submitted.err) == (3, True)

    # Its owner sees what is otherwise, and what would have become of the runs that were.
    listed = await firm(OWNER, "process", "amendments")
    assert [line.split()[:2] for line in listed.out.splitlines()[1:]] == [[second, "open"], [first, "open"]]
    shown = await firm(OWNER, "process", "amendment", first, "--simulate", "5")
    names = [run.name.rpartition("/")[2] for run in runs]
    assert {f"run {name}: the same would be decided" for name in names} <= set(shown.out.splitlines()), shown.out
    assert "- steps.follow_up.after" in shown.out
    shown = await firm(OWNER, "process", "amendment", second, "--simulate", "20", "--json")
    changes = {
        (change["step"], change["before"], change["after"], *change["after_reasons"])
        for run in shown.json["effect"]["runs"]
        for change in run["changes"]
    }
    assert ("email", "VERDICT_ALLOW", "VERDICT_DENY", "CONFIDENTIAL_MUST_NOT_LEAVE") in {one[:4] for one in changes}

    # The owner puts the one aside; the other comes with a new version, and with nothing else.
    put_aside = await firm(OWNER, "process", "dismiss", second, "--reason", "our notes are ours")
    assert put_aside.out == f"amendment {second} is dismissed\n"
    process = firm.deployed.workspace / FILE
    text = process.read_text(encoding="utf-8")
    assert text.count("    after: [notify]\n") == 1
    process.write_text(
        text.replace('version: "2"', 'version: "3"').replace("    after: [notify]\n", ""), encoding="utf-8"
    )
    compared = await firm(OWNER, "process", "diff", PROCESS, str(firm.deployed.workspace))
    assert compared.out.splitlines()[1:3] == ['~ version  "2" -> "3"', '- steps.follow_up.after  ["notify"]']
    assert await firm.amendments() == {first: "OPEN", second: "DISMISSED"}
    firm.deployed.send(signal.SIGHUP)
    await firm.becomes(first, "ADOPTED")
    assert (await firm.suggest(beside)).out == "the plan is as its process says; submit it with assent plan run\n"
    [run] = await firm.renew(1)
    assert (run.process_version, states(run)["follow_up"]) == ("3", "succeeded")

    # All of it is on record, and the record is intact.
    assert [(one["event"], one["actor"]["id"], one["detail"]["amendment"]) for one in await firm.recorded()] == [
        ("amendment.proposed", PLANNER, first),
        ("amendment.proposed", PLANNER, second),
        ("amendment.dismissed", OWNER, second),
        ("amendment.adopted", "assent", first),
    ]
    assert (await firm(AUDITOR, "audit", "verify")).code == 0


@pytest.mark.requirement("orchestrator.process-mined", "orchestrator.amendment-owned")
async def test_what_real_runs_suggest_is_put_before_the_owner_and_changes_nothing(firm: Firm) -> None:
    before = set(await firm.amendments())
    await firm.renew(5)
    said = await firm(AUDITOR, "process", "mine", PROCESS, "--runs", "5")
    assert (said.code, said.err) == (0, "")
    head, *suggested, last, who = said.out.splitlines()
    whose = "of those that you may see: your own; operators and auditors see all"
    assert re.fullmatch(rf"{PROCESS} [23]: 5 finished runs read {whose}", head)
    [line] = [one for one in suggested if one.startswith("email ")]
    assert line.startswith("email could go beside crm: only `after` orders them, nothing is bound; ")
    assert re.search(r" \d+\.\d{3} s shorter in the middle of 5 runs$", line)
    assert last == f"with --propose it waits for {OWNER} in assent process amendments; nothing changes by itself"
    assert who == "  that needs somebody whom the policies let propose"
    # Nobody suggests by asking alone, nor who may only read.
    assert (await firm(AUDITOR, "process", "mine", PROCESS, "--runs", "5", "--propose")).code != 0
    assert set(await firm.amendments()) == before
    proposed = await firm(PLANNER, "process", "mine", PROCESS, "--runs", "5", "--propose")
    assert proposed.code == 0, proposed.err
    [amendment] = set(await firm.amendments()) - before
    assert f"amendment {amendment} waits in assent process amendments; nobody is notified" in proposed.out
    assert '- steps.email.after  ["crm"]' in proposed.out.splitlines()
    # Runs go on as the process is written: the letter waits for the CRM, as the owner wants it.
    [run] = await firm.renew(1)
    seen = {step.id: step for step in run.steps}
    assert seen["email"].start_time.ToDatetime() >= seen["crm"].end_time.ToDatetime()
    reason = "no letter about a proposal that the CRM does not know"
    assert (await firm(OWNER, "process", "dismiss", amendment, "--reason", reason)).code == 0
    assert (await firm.amendments())[amendment] == "DISMISSED"
