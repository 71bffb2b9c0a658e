"""A server that is killed between what it remembered and the record of what became of the step: remembered once."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.e2e.deployment import deployment, state, states
from tests.e2e.test_takeover import database

FILES = {
    "agents/keeper.yaml": """
name: keeper
title: Keeps how renewals ended
owner: head-of-customer-success
department: customer_success
may: [memory.remember, memory.recall]
""",
    "processes/keeping.yaml": """
name: keeping
version: "1"
title: Keep how a renewal ended
owner: head-of-renewals
department: customer_success
inputs: {type: object, properties: {account: {type: string}}, required: [account]}
steps:
  - id: keep
    agent: keeper
    action: memory.remember
    args:
      class: renewal_outcome
      purpose: How a renewal ended, for the next one
      subject: {$ref: inputs.account}
      value: {ended: renewed}
  - id: known
    agent: keeper
    action: memory.recall
    after: [keep]
    args:
      class: renewal_outcome
      purpose: How a renewal ended, for the next one
      subject: {$ref: inputs.account}
""",
    "policies/process/keeping/grants.rego": """# METADATA
# title: How a renewal ended is kept
package policies.process.keeping.grants

# METADATA
# title: It may be kept
allow contains {"code": "KEPT"} if input.kind in {"plan", "action"}
""",
}
KEY = 0x6B656570
AMBUSH = f"""
CREATE FUNCTION assent.in_wait() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock({KEY}); RETURN NEW; END $$;
CREATE TRIGGER in_wait BEFORE UPDATE ON assent.effects FOR EACH ROW EXECUTE FUNCTION assent.in_wait();
"""


def keeping(workspace: Path) -> None:
    for name, content in FILES.items():
        file = workspace / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    departments = workspace / "data/departments.yaml"
    text = departments.read_text(encoding="utf-8")
    assert "[support, tasks]" in text
    departments.write_text(text.replace("[support, tasks]", "[support, tasks, memory]"), encoding="utf-8")


@contextlib.contextmanager
def in_wait(url: str) -> Iterator[None]:
    """Have nobody write what became of an effect while the block lasts; whoever tried is gone afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(AMBUSH)
        connection.execute("SELECT pg_advisory_lock(%s)", (KEY,))
        yield
        stuck = (
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        )
        connection.execute(stuck, (KEY,))
        connection.execute("DROP TRIGGER in_wait ON assent.effects")
        connection.execute("SELECT pg_advisory_unlock(%s)", (KEY,))


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.memory-steps-once")
async def test_after_a_kill_behind_what_was_remembered_it_is_remembered_once(tmp_path: Path) -> None:
    async with deployment(tmp_path, prepare=keeping) as deployed:
        with in_wait(database(tmp_path)):
            run = (await deployed.submit("ACC-1001", process="keeping")).name
            await deployed.until(run, "memory.remembered", "keep")
            await deployed.kill()
        await deployed.start()
        ended = await deployed.end_of(run)
        assert state(ended) == "succeeded", states(ended)
        events = [one["event"] for one in await deployed.trail(run) if one.get("step") == "keep"]
        assert events.count("memory.remembered") == events.count("action.intended") == 1
        assert events[-1] == "action.succeeded"
        known = next(step for step in ended.steps if step.id == "known").output.struct_value
        [value] = known.fields["values"].list_value.values
        assert value.struct_value.fields["value"].struct_value.fields["ended"].string_value == "renewed"
        assert await deployed.intact()
