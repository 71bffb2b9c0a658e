import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from assent_orchestrator.audit.record import Actor, Draft
from assent_orchestrator.store.cluster import find_programs

PAGE = Path(__file__).parents[3] / "docs" / "trail.md"
NEEDED = ("bash", "jq", "sha256sum")


@pytest.fixture
def by_hand(database, fresh_tenant, tmp_path) -> Callable[[str], Awaitable[str]]:
    """Types a command of the page (export, walk or head) and returns what it prints."""
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    _, section = PAGE.read_text(encoding="utf-8").split("## Verify by hand")
    blocks = re.findall(r"```(?:ba)?sh\n(.*?)```", section, flags=re.DOTALL)
    commands = dict(zip(("export", "walk", "head"), blocks, strict=True))
    path = f"{find_programs()}{os.pathsep}{os.environ['PATH']}"

    async def run(name: str) -> str:
        done = await asyncio.to_thread(
            subprocess.run,
            ["bash", "-c", commands[name].replace("tenant=acme", f"tenant={fresh_tenant}")],
            cwd=tmp_path,
            env={"PATH": path, "DATABASE_URL": database.sync_url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout.strip()

    return run


async def append_five(trail, tenant: str) -> None:
    draft = Draft(event="run.created", run="r1", actor=Actor(kind="user", id='o"b\\rién\n 😀'))
    async with trail.recording() as tx:
        await trail.append(tx, tenant, [draft] * 5)


@pytest.mark.requirement("audit.by-hand")
async def test_the_commands_of_the_page_verify_a_trail(trail, fresh_tenant, by_hand):
    await append_five(trail, fresh_tenant)
    assert await by_hand("export") == ""
    walked = await by_hand("walk")
    assert walked.startswith("5 records, head sha256:")
    assert walked == await by_hand("head")


@pytest.mark.requirement("audit.by-hand")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM assent.trail", "record 3 is missing or moved"),
        ("UPDATE assent.trail SET record = record || ' '::bytea", "record 4 does not follow the one before"),
    ],
    ids=["deleted", "edited"],
)
async def test_the_commands_of_the_page_find_tampering(database, trail, fresh_tenant, by_hand, change, said):  # noqa: PLR0917 -- fixtures
    await append_five(trail, fresh_tenant)
    async with database.engine.begin() as tx:
        await tx.execute(sa.text("SET LOCAL session_replication_role = replica"))
        await tx.execute(sa.text(f"{change} WHERE tenant = :tenant AND seq = 3"), {"tenant": fresh_tenant})
    await by_hand("export")
    assert await by_hand("walk") == said
