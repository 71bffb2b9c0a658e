"""A kill -9 in the middle of a choice or of a list: every element is done once, and the same branch is gone on with."""

from pathlib import Path

import pytest

from tests.e2e.deployment import deployment, state, states
from tests.e2e.test_crashes import SLOW, effects

PEOPLE = [f"person-{number}" for number in range(5)]

PROCESS = """
name: contract_renewal
version: "1"
title: Tell everybody
owner: head-of-renewals
department: sales
inputs:
  type: object
  additionalProperties: false
  required: [account, people]
  properties: {account: {type: string}, people: {type: array, items: {type: string}}}
choices:
  audience:
    after: [contract]
    branches: [{name: nobody, when: silent}, {name: everybody, when: known}]
steps:
  - {id: contract, agent: renewal_analyst, action: erp.get_contract, args: {account: {$ref: inputs.account}}}
  - id: hush
    branch: audience.nobody
    agent: coordinator
    action: tasks.notify
    args: {account: {$ref: inputs.account}, recipient: boss, message: silence}
  - id: tell
    branch: audience.everybody
    agent: coordinator
    action: tasks.notify
    for_each: {items: {$ref: inputs.people}, cap: 10, at_once: 2}
    args:
      account: {$ref: inputs.account}
      recipient: {$ref: item}
      message: {$concat: [{$ref: steps.contract.output.customer}, " for ", {$ref: item}]}
"""

RULES = """# METADATA
# title: Whom to tell
package policies.process.contract_renewal.audience

silent if input.condition.outputs.contract.customer == ""

known if input.condition.outputs.contract.customer != ""
"""


def adapt(workspace: Path) -> None:
    """Replace the process of the example; its cases are about other steps."""
    for case in (workspace / "cases").iterdir():
        case.unlink()
    (workspace / "processes" / "contract_renewal.yaml").write_text(PROCESS.lstrip())
    (workspace / "policies" / "process" / "contract_renewal" / "audience.rego").write_text(RULES)


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.adapting-survives")
@pytest.mark.parametrize(
    ("event", "step"),
    [
        pytest.param("decision.made", "audience.choice", marks=pytest.mark.long),
        ("step.succeeded", "audience.choice"),
        pytest.param("step.iterating", "tell", marks=pytest.mark.long),
        ("action.intended", "tell.1"),
        pytest.param("action.succeeded", "tell.2", marks=pytest.mark.long),
    ],
)
async def test_after_a_kill_every_element_is_done_once(tmp_path: Path, event: str, step: str) -> None:
    async with deployment(tmp_path, f"tasks.notify={SLOW}", prepare=adapt) as deployed:
        run = (await deployed.submit("ACC-1001", inputs={"account": "ACC-1001", "people": PEOPLE})).name
        await deployed.until(run, event, step)
        await deployed.kill()
        await deployed.start()
        ended = await deployed.end_of(run)
        assert state(ended) == "succeeded", states(ended)
        assert states(ended)["hush"] == "skipped"
        assert effects(tmp_path)["notification"] == len(PEOPLE)
        records = await deployed.trail(run)
        intended = [one["step"] for one in records if one["event"] == "action.intended"]
        settled = [one["step"] for one in records if one["event"] in ("action.succeeded", "action.failed")]
        assert set(intended) == set(settled) == {"contract", *(f"tell.{at}" for at in range(len(PEOPLE)))}
        assert sum(one["event"] == "step.iterating" for one in records) == 1
        chosen = [one["detail"] for one in records if one["event"] == "step.succeeded" and "branch" in one["detail"]]
        assert chosen == [{"reason": "BRANCH_CHOSEN", "branch": "everybody"}]
        assert await deployed.intact()
