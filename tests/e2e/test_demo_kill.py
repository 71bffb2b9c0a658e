"""``assent demo --kill``: what somebody sees who wants to know what happens if something fails halfway."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assent_orchestrator.cli.demo.kill_course import STEP
from assent_orchestrator.cli.main import run
from tests.e2e.demonstration import demonstration

pytestmark = pytest.mark.timeout(300)
BEFORE = ["contract", "crm", "offer_upsell", "risk", "satisfaction", "usage"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for temporary files with a short path, as the usual ones have."""
    with tempfile.TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.mark.requirement("demo.kill")
async def test_the_kill_is_shown_and_what_came_before_it_stays_done(folder: Path) -> None:
    async with demonstration(folder, "--kill") as one:
        page = await one.until("✗ kill -9 ")
        code, rest, errors = await one.ended()
        page += rest
        assert (code, errors, one.left()) == (0, "", [])
    before, killed, after = page.partition("✗ kill -9 ")
    assert f"{STEP:<15} the intent is committed" in before
    assert f"{STEP:<15} done" not in before
    assert "e-mails that arrived so far: 0" in killed + after
    lost = after.index("the answer was lost: nobody knows yet whether it was done")
    found = after.index("it has sent it; not again")
    assert lost < found < after.index("the run: succeeded")
    for step in BEFORE:
        assert f"{step:<15} the intent is committed" in before
        assert f"{step:<15} the intent is committed" not in after
    assert "chain intact" in after
    assert "✗" not in after
    assert "The renewal ended as it should" in after


@pytest.mark.requirement("demo.kill")
async def test_one_document_tells_the_same_to_programs(folder: Path) -> None:
    async with demonstration(folder, "--kill", "--json") as one:
        code, output, errors = await one.ended()
        assert (code, errors, one.left()) == (0, "", [])
    found = json.loads(output)
    assert (found["ok"], found["state"], found["verification"]["intact"]) == (True, "succeeded", True)
    assert all(check["kept"] for check in found["checks"])
    assert sorted(found["done_before"]) == BEFORE
    events = [event["event"] for event in found["events"] if event["step"] == STEP]
    assert events[-3:] == ["action.intended", "action.unknown", "action.succeeded"]
    [killed] = [event["seq"] for event in found["events"] if (event["event"], event["step"]) == (events[-3], STEP)]
    assert killed == found["killed_after_seq"]
    assert {effect["times"] for effect in found["effects"]} == {1}
    assert STEP in {effect["step"] for effect in found["effects"]}
    assert len(found["emails"]) == 1


def test_it_does_not_keep_running(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--kill", "--keep"]) == 2
    assert "do not go together" in capsys.readouterr().err
