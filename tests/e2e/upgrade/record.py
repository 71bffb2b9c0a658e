"""``python -m tests.e2e.upgrade.record NAME``: write down a database of this version, with runs in several states.

Run it once before a release that changes what is stored. What it writes is never changed: later versions must be able
to finish the runs in it, and ``tests/e2e/test_upgrade.py`` has them do so.
"""

import asyncio
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assent_orchestrator.server.tokens import TokenFile, new_entry, write_tokens
from tests.e2e.deployment import AUDITOR, DIRECTOR, OPERATOR, RUNTIME, Deployment
from tests.e2e.dump import dump, embedded
from tests.e2e.upgrade.shop import open_shop

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"
WINDOW = timedelta(seconds=90)


async def record(name: str) -> None:
    with tempfile.TemporaryDirectory(prefix="assent-") as scratch:
        folder = Path(scratch)
        workspace = folder / "workspace"
        shutil.copytree(HERE / "workspace", workspace)
        opens = (datetime.now(UTC) + WINDOW).strftime("%Y-%m-%dT%H:%M:%SZ")
        (workspace / "data" / "window.yaml").write_text(f'open_from: "{opens}"\n', encoding="utf-8")
        async with open_shop(hangs=True) as shop:
            deployed = Deployment(folder, shop.address, workspace, people(folder))
            await deployed.start()
            finished = (await submit(deployed, "refund", "ORDER")).name
            await deployed.end_of(finished)
            for process in ("refund", "goodwill"):
                held = await submit(deployed, process, f"LARGE-{process}")
                await deployed.until(held.name, "approval.requested", "refund")
                later = await submit(deployed, process, f"LATER-{process}")
                await deployed.until(later.name, "decision.made", "refund")
                await submit(deployed, process, f"HANG-{process}")
            hanging = sorted([await asyncio.wait_for(shop.hanging.get(), 60) for _ in range(3)])
            assert hanging == ["pay", "pay", "tell"], hanging
            await deployed.stop_all_of("tenant")
            stopped = (await submit(deployed, "refund", "STOPPED")).name
            await deployed.until_stopped(stopped)
            await deployed.kill()
        with embedded(folder / "data") as url:
            content = dump(url)
    (RECORDED / f"{name}.sql").write_text(content, encoding="utf-8")


def people(folder: Path) -> TokenFile:
    return write_tokens(
        folder / "tokens.json",
        (
            new_entry(RUNTIME, ("submitter",)),
            new_entry(DIRECTOR, ("sales_director",)),
            new_entry(AUDITOR, ("auditor",)),
            new_entry(OPERATOR, ("operator",)),
        ),
    )


async def submit(deployed: Deployment, process: str, order: str):
    return await deployed.submit("", process=process, inputs={"order": order})


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
