"""``assent chaos`` as somebody runs it who wants to see for themselves."""

import asyncio
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assent_orchestrator.cli.chaos.command import failure
from assent_orchestrator.cli.chaos.experiment import Result
from assent_orchestrator.cli.chaos.faults import FAULTS
from assent_orchestrator.cli.chaos.invariant import Breach
from assent_orchestrator.cli.chaos.report import document, show
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.main import run
from tests.e2e.demonstration import ASSENT, demonstration

CHAOS = (*ASSENT, "chaos")
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/chaos.md").read_text(encoding="utf-8")
[BLOCK] = re.findall(r"<!-- chaos.*?-->\n```\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    """Two folders for temporary files with short paths, as the usual ones have."""
    with tempfile.TemporaryDirectory(prefix="c-") as one, tempfile.TemporaryDirectory(prefix="c-") as other:
        yield Path(one), Path(other)


@pytest.mark.timeout(300)
@pytest.mark.requirement("cli.chaos")
async def test_two_at_once_do_not_meet_and_the_one_that_is_interrupted_takes_everything_along(
    folders: tuple[Path, Path],
) -> None:
    shown = BLOCK.splitlines()
    async with (
        demonstration(folders[0], "--fault", "half-body", start=CHAOS) as whole,
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
        head, row, last = output.splitlines()
        assert (head.split(), re.sub(r"\d+", "N", last)) == (shown[0].split(), re.sub(r"\d+", "N", shown[-1]))
        assert row.split()[0] in [line.split()[0] for line in shown]
        assert row.split()[-1] == "held"
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


def test_the_page_names_every_fault_and_every_breach() -> None:
    names = [fault.name for fault in FAULTS]
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE) == names
    assert [line.split()[0] for line in BLOCK.splitlines()[1:-1]] == names
    source = (ROOT / "orchestrator/assent_orchestrator/cli/chaos/invariant.py").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE)) == set(
        re.findall(r'Breach\(\s*"([A-Z_]+)"', source)
    )


def result(**more: Any) -> Result:
    seen = {"verdicts": {"allow": 2, "deny": 3}, "codes": {"ENGINE_ERROR": 2}, "unanswered": 0, "calls": 2}
    rest = {"runs": {"succeeded": 1}, "seconds": 1.5, "breaches": ()}
    return Result(fault=FAULTS[0], **{**seen, **rest, **more})


def test_a_breach_or_a_fault_that_nobody_felt_is_no_success() -> None:
    assert document([result()])["ok"] is True
    assert document([result(), result(missed="nobody noticed")])["ok"] is False
    broken = document([result(breaches=(Breach("CALL_WITHOUT_ALLOW", "why"),))])
    assert broken["ok"] is False
    assert broken["faults"] == [
        {
            "fault": "killed",
            "what": FAULTS[0].what,
            "verdicts": {"allow": 2, "deny": 3},
            "codes": {"ENGINE_ERROR": 2},
            "unanswered": 0,
            "calls": 2,
            "runs": {"succeeded": 1},
            "seconds": 1.5,
            "held": False,
            "missed": "",
            "breaches": [{"code": "CALL_WITHOUT_ALLOW", "what": "why"}],
        }
    ]


def test_a_breach_is_told_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    show([result(breaches=(Breach("CALL_WITHOUT_ALLOW", "why"),) * 7), result(missed="nobody noticed")])
    said = capsys.readouterr().out
    assert "killed: CALL_WITHOUT_ALLOW why\n" in said
    assert "killed: and 2 more\n" in said
    assert "killed: it proved nothing: nobody noticed\n" in said
    assert "held in 1 of 2 faults" in said


def test_what_was_proved_is_kept_when_the_deployment_does_not_get_well_again() -> None:
    good, broken = result(), result(breaches=(Breach("CALL_WITHOUT_ALLOW", "why"),))
    cut = failure(FAULTS[1], TimeoutError(), [good], ("the end",))
    assert (cut.exit_code, cut.details) == (ExitCode.UNAVAILABLE, ("the end",))
    assert "stopped: the deployment did not get well again (it took too long): of this fault nothing" in cut.message
    assert "in the 1 before it the promise held; run it alone with assent chaos --fault stopped" in cut.message
    cut = failure(FAULTS[1], TimeoutError(), [good, broken], ())
    assert (cut.exit_code, "the promise did not hold" in cut.message) == (ExitCode.NO, True)
    told = document([good], unfinished="stopped")
    assert (told["ok"], told["unfinished"]) == (False, "stopped")
