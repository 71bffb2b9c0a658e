"""What a kill -9 in the middle leaves behind: nothing lost, nothing done twice.

The kill suite (tests/kill) proves it at each kind of transition; of what is alike, one is tried here.
"""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.deployment import deployment, state, states

SLOW = "slow:2s"


def effects(folder: Path) -> dict[str, int]:
    """How often each thing was really done, by what the company's own files hold."""
    done: dict[str, int] = {}
    for file in sorted(path for path in (folder / "company").iterdir() if path.is_file()):
        if file.read_bytes()[:6] != b"SQLite":
            continue
        with contextlib.closing(sqlite3.connect(file)) as database:
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table in tables & {"proposal", "task", "notification"}:
                done[table] = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return done


@pytest.mark.timeout(300)
@pytest.mark.requirement("bad-input.kill-in-step-five-loses-and-repeats-nothing")
@pytest.mark.parametrize(
    ("event", "step", "fault"),
    [
        pytest.param("action.intended", "usage", f"product_analytics.get_usage={SLOW}", marks=pytest.mark.long),
        pytest.param("action.intended", "offer_upsell", f"cpq.create_proposal={SLOW}", marks=pytest.mark.long),
        ("action.intended", "email", f"email.send={SLOW}"),
        pytest.param("action.succeeded", "email", f"tasks.notify={SLOW}", marks=pytest.mark.long),
    ],
)
async def test_after_a_kill_the_run_goes_on_and_nothing_is_done_twice(
    tmp_path: Path, event: str, step: str, fault: str
) -> None:
    async with deployment(tmp_path, fault) as deployed:
        run = (await deployed.submit("ACC-1001")).name
        await deployed.until(run, event, step)
        await deployed.kill()
        await deployed.start()
        ended = await deployed.end_of(run)
        assert state(ended) == "succeeded", states(ended)
        assert len(deployed.mails()) == 1
        assert effects(tmp_path) == {"proposal": 1, "task": 1, "notification": 1}
        records = await deployed.trail(run)
        intended = [one["step"] for one in records if one["event"] == "action.intended"]
        settled = [one["step"] for one in records if one["event"] in ("action.succeeded", "action.failed")]
        assert set(intended) == set(settled)
        assert await deployed.intact()


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.durable")
async def test_an_approval_survives_a_kill_and_is_used_once(tmp_path: Path) -> None:
    async with deployment(tmp_path) as deployed:
        run = (await deployed.submit("ACC-1002")).name
        await deployed.until(run, "approval.requested", "offer_at_risk")
        await deployed.kill()
        await deployed.start()
        await deployed.approve(run)
        ended = await deployed.end_of(run)
        assert state(ended) == "succeeded"
        records = await deployed.trail(run)
        assert sum(one["event"] == "approval.consumed" for one in records) == 1
        assert sum(one["event"] == "approval.requested" for one in records) == 1


def standing(folder: Path, file: str, query: str) -> list[tuple[object, ...]]:
    """Rows of a table of the company's, as they are on the disk."""
    with contextlib.closing(sqlite3.connect(folder / "company" / f"{file}.sqlite3")) as database:
        return database.execute(query).fetchall()


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.compensation-survives")
@pytest.mark.parametrize(
    ("event", "step"),
    [("action.intended", "crm.undo"), pytest.param("step.compensated", "crm", marks=pytest.mark.long)],
)
async def test_after_a_kill_in_the_middle_of_undoing_the_rest_is_undone_and_nothing_twice(
    tmp_path: Path, event: str, step: str
) -> None:
    slow = f"crm.reopen_renewal={SLOW}", f"cpq.withdraw_proposal={SLOW}"
    async with deployment(tmp_path, "tasks.create_task=error", *slow) as deployed:
        run = (await deployed.submit("ACC-1003")).name  # its e-mail is denied, and nobody can be asked to write
        await deployed.until(run, event, step)
        await deployed.kill()
        await deployed.start()
        ended = await deployed.end_of(run)
        assert (state(ended), list(ended.not_undone)) == ("compensated", []), states(ended)
        [offer] = [name for name, at in states(ended).items() if name.startswith("offer") and at == "compensated"]
        undone = [one["step"] for one in await deployed.trail(run) if one["event"] == "step.compensated"]
        assert undone == ["crm", offer]
        renewal = "SELECT stage, version FROM renewal WHERE account = 'ACC-1003'"
        assert standing(tmp_path, "crm", renewal) == [("open", 3)]
        assert standing(tmp_path, "cpq", "SELECT kind FROM proposal") == [("withdrawn",)]
        assert await deployed.intact()
