"""What a policy puts off waits for its time, whatever becomes of servers and bundles meanwhile."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.e2e.deployment import deployment, state, states
from tests.e2e.test_crashes import effects

LATER = """\
# METADATA
# title: Later
package policies.org.later

# METADATA
# title: Letters wait for a while
# description: Except on the day of the workspace's cases.
# labels:
#   control: TST-01
defer contains finding if {
	input.kind == "action"
	input.action.system == "email"
	not startswith(input.time, "2026-01-01")
	asked := time.parse_rfc3339_ns(input.time)
	finding := {
		"code": "LATER",
		"message": "later",
		"control": "TST-01",
		"rule": "Letters wait for a while",
		"until": time.format([asked + 15000000000, "UTC"]),
	}
}
"""


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.defer-durable")
async def test_what_is_put_off_is_asked_again_when_its_time_has_come_under_the_bundle_in_force_then(
    tmp_path: Path,
) -> None:
    def put_off(workspace: Path) -> None:
        (workspace / "policies/org/later.rego").write_text(LATER)

    async with deployment(tmp_path, prepare=put_off) as deployed:
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, "decision.made", "email")
        await deployed.kill()
        (deployed.workspace / "policies/org/later.rego").unlink()
        await deployed.start()
        ended = await deployed.end_of(run)
        assert state(ended) == "succeeded", states(ended)
        asked = [
            one for one in await deployed.trail(run) if one["event"] == "decision.made" and one.get("step") == "email"
        ]
        assert [one["decision"]["verdict"] for one in asked] == ["defer", "allow"]
        assert asked[0]["decision"]["revision"] != asked[1]["decision"]["revision"]
        waited = datetime.fromisoformat(asked[1]["time"]) - datetime.fromisoformat(asked[0]["time"])
        assert waited.total_seconds() >= 14, "not asked again before its time, though a server was started meanwhile"
        assert (len(deployed.mails()), effects(tmp_path)["notification"]) == (1, 1)
        assert await deployed.intact()
