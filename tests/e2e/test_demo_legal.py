import json
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assent_orchestrator.cli.demo import legal_story
from firm.matter import HARMLESS, MATTERS, POISONED, RISKY
from tests.e2e.demonstration import Performed, demonstration, perform
from tests.examples.programs import EXAMPLES

pytestmark = pytest.mark.timeout(300)
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
EXAMPLES_PAGE = EXAMPLES / "README.md"
CLIENTS = {matter.id: matter.client for matter in MATTERS}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for temporary files with a short path, as the usual ones have."""
    with tempfile.TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.fixture(scope="module")
async def page() -> Performed:
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        return await perform(Path(folder), "legal")


@pytest.mark.requirement("demo.legal")
async def test_the_three_reviews_end_as_told_and_leave_nothing(page: Performed) -> None:
    assert page.code == 0, page.output + page.errors
    assert (page.errors, page.left) == ("", [])
    short = page.part("In short")
    assert "✗" not in short
    for matter in (HARMLESS, RISKY, POISONED):
        assert CLIENTS[matter] in short
    assert re.search(r"^The three reviews ended as they should; [\d.]+ s in all\.$", short, re.MULTILINE)
    assert re.search(r"^✓ \d+ records, chain intact, head sha256:", page.part("Audit verify"), re.MULTILINE)


@pytest.mark.requirement("demo.legal")
async def test_the_lawyer_is_shown_what_is_risky_before_the_demo_answers(page: Performed) -> None:
    card = page.output.index("waits for a person: 2 Tidewater Instruments plc")
    says = page.output.index("the demo now answers as lena.brandt, through ApprovalService.DecideApproval")
    shown = page.output[card:says]
    for pattern in (
        r"RISKY_CLAUSES +LEG-07 +department/legal/risk",
        r"WRONG_CITATIONS +LEG-08 +department/legal/risk",
        r"wrong_citations = 2 +from steps\.citations\.output\.wrong",
        r"letter = Dear Rafael Okoro, .*",
        r"… \(\d+ characters\)",
        r"who +1 x lawyer",
        r"on no +the run stops, and undoes: draft",
    ):
        assert re.search(pattern, shown), pattern


@pytest.mark.requirement("demo.legal")
async def test_the_poisoned_contract_is_denied_and_an_agent_that_obeys_it_is_refused(page: Performed) -> None:
    [card] = re.findall(r"denied, and not done: 3 Quillfeather Press Ltd.*?╰", page.output, re.DOTALL)
    for pattern in (
        r"code +ORDERS_IN_TEXT",
        r"control +SEC-01",
        r"scope +department/legal/outbound",
        rf"decision +{UUID}",
        r"instead +by_hand: TASK-\d+ for idris-vale, due ",
    ):
        assert re.search(pattern, card), pattern
    attempts = page.part("And an agent that obeys the text")
    assert attempts.count("refused, AMENDMENT") == 2
    assert "refused, PRIVILEGED_MUST_NOT_LEAVE, RECIPIENT_UNTRUSTED" in attempts
    assert "✗" not in attempts
    letters = page.part("2 e-mails arrived at the firm's mail server")
    assert "none to maud.serrano@quillfeather-press.example" in letters
    assert "polyglot-review" not in letters


async def test_the_page_about_the_examples_shows_what_it_prints(page: Performed) -> None:
    [block] = re.findall(r"<!-- legal.*?-->\n```\n(.*?)```", EXAMPLES_PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert [line for line in block.splitlines() if line not in page.output.splitlines()] == []


@pytest.mark.requirement("demo.legal")
async def test_without_a_terminal_there_are_only_plain_lines(page: Performed) -> None:
    assert "\x1b" not in page.output
    assert not [line for line in page.output.splitlines() if line != line.rstrip()]


@pytest.mark.requirement("demo.legal")
async def test_one_document_tells_the_same_to_programs(folder: Path) -> None:
    done = await perform(folder, "legal", "--json")
    assert (done.code, done.errors, done.left) == (0, "", [])
    document: dict[str, Any] = json.loads(done.output)
    assert document["ok"] is True
    flows, asks, poisoned = document["runs"]
    assert [run["matter"] for run in document["runs"]] == [HARMLESS, RISKY, POISONED]
    assert {run["state"] for run in document["runs"]} == {"succeeded"}
    assert (flows["approvals"], flows["emails"]) == ([], 1)
    [approval] = asks["approvals"]
    assert (approval["code"], approval["state"], approval["approvers"]) == (
        "RISKY_CLAUSES",
        "consumed",
        ["lena.brandt"],
    )
    assert (poisoned["approvals"], poisoned["emails"]) == ([], 0)
    assert all(attempt["refused"] for attempt in document["attempts"])
    assert len(document["emails"]) == 2


@pytest.mark.requirement("demo.legal")
async def test_interrupted_it_takes_everything_along(folder: Path) -> None:
    async with demonstration(folder, "legal") as one:
        await one.until("up in")
        one.process.send_signal(signal.SIGINT)
        code, output, errors = await one.ended()
        assert (code, errors) == (130, "")
        assert output.endswith("Stopped; nothing is left running, the temporary folder is gone.\n")
        assert one.left() == []


async def test_what_does_not_go_together_is_said(folder: Path) -> None:
    for options, said in ((("legal", "--kill"), "--kill goes with the renewal only"), (("moon",), "moon")):
        done = await perform(folder, *options)
        assert done.code == 2
        assert said in done.errors


def test_the_story_is_about_the_clients_of_the_example() -> None:
    told = {one.key: one.name for one in legal_story.REVIEW_STORY.customers}
    assert told == {matter: CLIENTS[matter] for matter in (HARMLESS, RISKY, POISONED)}
