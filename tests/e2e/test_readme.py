"""The README's first screen is what the demo really prints, but for ids, digests, dates and times."""

import asyncio
import re
import shlex
import signal
import tempfile
from pathlib import Path

import pytest

from tests.e2e.demonstration import demonstration
from tests.orchestrator.cli.program import assent

README = Path(__file__).parents[2] / "README.md"
VARYING = (
    # The others of the demo take from the same ledger, before or after.
    (r"\([\d.]+ of [\d.]+ spent, [\d.]+ reserved\) *│", "STANDING"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    (r"sha256:[0-9a-f]{64}", "DIGEST"),
    (r"\b[0-9a-f]{32}\b", "TRACE"),
    (r"\b[0-9a-f]{8}\b", "ID"),
    (r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\dZ)?", "DATE"),
    (r"\+\d+\.\d\d s", "TIME"),
    (r"TASK-\d+", "TASK"),
)


def settled(text: str) -> list[str]:
    """Lines without what is different every time."""
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.mark.timeout(300)
@pytest.mark.requirement("done.readme-shows-real-output")
async def test_the_readme_shows_what_the_demo_prints() -> None:
    blocks = re.findall(r"<!-- demo.*?-->\n```\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        async with demonstration(Path(folder)) as one:
            code, output, errors = await one.ended()
    assert code == 0, errors
    printed = settled(output)
    assert [line for block in blocks for line in settled(block) if line not in printed] == []


SIMULATE = "plan simulate --process contract_review --input matter=M-2002 --picture"
REMEMBER = (
    """memory remember '{"salutation": "Good day"}' --class client_preferences"""
    """ --purpose "How a client wants its notes" --subject "Ahrend Bakeries Ltd\""""
)
SEEN = {
    "process show contract_review": r"owned by lena\.brandt.*\n.*a plan may leave out fee, choose in deliver and order",
    "process propose examples/legal_review/plans/suggested.yaml": (
        r"nobody is notified\n  lena\.brandt, who owns .*\n.*\n- steps\.flags "
    ),
    "process amendments": r"\bopen +contract_review 1 +planner +lena\.brandt\b",
    "process mine contract_review": r"contract_review 1: \d finished runs read",
    "policy test examples/legal_review": r"ok +cases +\d+ passed",
    "policy status": r"sha256:",
    REMEMBER: r"remembered \S+ as client_preferences",
    "memory list": r"client_preferences",
    'memory hold --subject "Ahrend Bakeries Ltd" --reason "case 7"': r"held; lift it with: assent memory lift \S+ ",
    'memory lift HOLD --reason "case 7 is over"': r"lifted the hold \S+ of carmen\.diaz",
    'memory forget --subject "Ahrend Bakeries Ltd" --reason "request 12"': (
        r"forgotten: 1 of client_preferences; no legal hold kept any of it\n.* its key is gone(.*\n)+"
        r"  receipt \S+ by carmen\.diaz "
    ),
    "memory classes": r"\nclient_preferences +long_term +730d +How a client wants its notes",
    "demo --kill": r"✓ every intent has its outcome",
    "runs show RUN": r"release +compliance +notes\.release_note",
    f"{SIMULATE} terminal": r"flows out: pii, untrusted to email, by deliver",
    "approvals list --all": r"notes\.release_note",
    "ledgers list": r"review_fees",
    "stops list": r"nothing is stopped",
    "agents list": r"\nlegal_research +legal +lena\.brandt .* drafting",
    "agents show drafting": r"notes\.draft_note",
    "runs show RUN --step precedents": r"\n    memos +\[",
    "runs show RUN --step citations": r"\n    wrong +2",
    "runs show RUN --step summary": r"\bunlimited_liability\b",
    "runs show RUN --step draft": r"\n    letter +\S",
    "audit list --run RUN --event decision.made": r"decision\.made",
    "runs show RUN --step flags": r"step flags is succeeded\n",
    "approvals report": r"contract_review",
    "audit show RUN": r"LEG-07",
    "audit verify": r"the trail of demo is ok: \d+ records",
}
"""What is to be seen with each command of the tables, by what it is without ``--as``."""


def shown() -> list[str]:
    """Return every command of the tables."""
    _, _, rest = README.read_text(encoding="utf-8").partition("<!-- shown")
    tables, _, _ = rest.partition("\n## ")
    rows = [line for line in tables.splitlines() if line.startswith("| ")]
    commands = [re.findall(r"`assent ([^`]+)`", row.rpartition(" | ")[2]) for row in rows]
    assert [row for row, found in zip(rows, commands, strict=True) if not found and "shown by" not in row] == []
    return [command for found in commands for command in found]


def without_caller(command: str) -> str:
    return re.sub(r"^--as \S+ ", "", command)


def test_the_tables_of_the_readme_and_what_is_expected_of_them_are_the_same() -> None:
    assert set(map(without_caller, shown())) == set(SEEN)


@pytest.mark.timeout(900)
@pytest.mark.requirement("done.readme-names-each-part")
async def test_each_part_of_the_mission_is_seen_with_the_command_that_the_readme_names() -> None:
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        async with demonstration(Path(folder), "legal", "--keep") as one:
            variables = dict(re.findall(r"(ASSENT_\w+)=(\S+)", await one.until("server.log")))

            async def run(*arguments: str) -> str:
                said = await asyncio.to_thread(lambda: assent(*arguments, cwd=README.parent, **variables))
                assert said.code == 0, (arguments, said)
                return said.out

            held = ""
            listed = re.findall(r"^(\S+) ", await run("runs", "list"), re.MULTILINE)
            [risky] = [name for name in listed[1:] if "M-2002" in await run("runs", "show", name, "--json")]
            for command in shown():
                said = await run(*shlex.split(command.replace("RUN", risky).replace("HOLD", held)))
                assert re.search(SEEN[without_caller(command)], said), (command, said)
                if found := re.search(r"assent memory lift (\S+)", said):
                    held = found[1]
            one.process.send_signal(signal.SIGINT)
            code, _, errors = await one.ended()
            assert (code, errors) == (0, "")
