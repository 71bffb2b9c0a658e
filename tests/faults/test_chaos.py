"""``assent chaos`` as somebody runs it who wants to see for themselves."""

import asyncio
import json
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assent_orchestrator.cli.main import run
from tests.e2e.demonstration import ASSENT, demonstration

CHAOS = (*ASSENT, "chaos")


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    """Two folders for temporary files with short paths, as the usual ones have."""
    with tempfile.TemporaryDirectory(prefix="c-") as one, tempfile.TemporaryDirectory(prefix="c-") as other:
        yield Path(one), Path(other)


@pytest.mark.timeout(240)
@pytest.mark.requirement("cli.chaos")
async def test_two_at_once_do_not_meet_and_the_one_that_is_interrupted_takes_everything_along(
    folders: tuple[Path, Path],
) -> None:
    async with (
        demonstration(folders[0], "--fault", "half-body", "--json", start=CHAOS) as whole,
        demonstration(folders[1], "--fault", "stopped", start=CHAOS) as cut,
    ):
        said = await errors_until(cut.process, "stopped: ")
        assert any("opa" in args for args in cut.processes().values())
        cut.process.send_signal(signal.SIGINT)
        code, output, errors = await cut.ended()
        assert (code, output) == (130, "")
        assert (said + errors).endswith("Stopped; nothing is left running, the temporary folder is gone.\n")
        assert cut.left() == []
        code, output, errors = await whole.ended()
        assert code == 0, output + errors
        found = json.loads(output)
        assert (found["ok"], found["schema"], found["left_out"]) == (True, "assent.chaos/v1", [])
        [fault] = found["faults"]
        assert (fault["fault"], fault["held"], fault["missed"], fault["runs"]) == (
            "half-body",
            True,
            "",
            {"succeeded": 2},
        )
        assert fault["codes"]["ENGINE_UNAVAILABLE"] >= 12
        assert whole.left() == []


async def errors_until(process: asyncio.subprocess.Process, text: str) -> str:
    """Return what it writes to stderr up to the line that holds ``text``."""
    assert process.stderr is not None
    read = ""
    async with asyncio.timeout(90):
        while text not in read:
            line = (await process.stderr.readline()).decode()
            assert line, read
            read += line
    return read


def test_a_fault_that_nobody_knows_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["chaos", "--fault", "gremlins"]) == 2
    assert "'gremlins'" in capsys.readouterr().err
