"""One OPA command: within its memory, and gone with whoever started it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from assent_sidecar.bundle.command import run
from assent_sidecar.opa.binary import find_binary
from tests.sidecar.engines import until

BOMB = """package bomb

test_it if {
	piece := concat("", ["aaaaaaaaaaaaaaaa" | some _ in numbers.range(1, 65536)])
	count([one | some i in numbers.range(1, 20000); one := concat("", [piece, sprintf("%d", [i])])]) > 0
}
"""

STARTS = """
import asyncio, sys
from pathlib import Path
from assent_sidecar.bundle.command import run
from assent_sidecar.opa.binary import find_binary
asyncio.run(run(find_binary({}), "run", "--server", "--addr", "unix://opa.sock", cwd=Path(sys.argv[1])))
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits private memory and ends orphans")


@linux
async def test_a_command_that_takes_more_memory_than_an_engine_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSENT_OPA_MEMORY", "64MiB")
    (tmp_path / "bomb_test.rego").write_text(BOMB)
    done = await run(find_binary({}), "test", ".", cwd=tmp_path)
    assert done.status != 0
    assert "out of memory" in done.stderr


@linux
async def test_a_command_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTS, str(tmp_path)]) as starter:  # noqa: ASYNC220 - it is ours

        async def started() -> bool:
            return (tmp_path / "opa.sock").exists()

        await until(started, timeout=60)
        [command] = psutil.Process(starter.pid).children()
        os.kill(starter.pid, signal.SIGKILL)

    async def gone() -> bool:
        return not command.is_running() or command.status() == psutil.STATUS_ZOMBIE

    await until(gone, timeout=60)
