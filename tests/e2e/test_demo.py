import asyncio
import json
import os
import pty
import re
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

from assent.v1 import runs_pb2
from assent.v1.runs_pb2_grpc import RunServiceStub
from assent_orchestrator.cli.demo import story
from assent_orchestrator.cli.demo.course import traces_of
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.stage.examples import find_examples
from assent_orchestrator.cli.stage.ground import short_base
from company.accounts import FLOWS, MUST_NOT_LEAVE, NEEDS_DIRECTOR, STORIES
from tests.e2e.demonstration import (
    ASSENT,
    SECONDS,
    Performed,
    demonstration,
    perform,
    wait_for_the_end_of,
)

pytestmark = pytest.mark.timeout(300)
DIGEST = r"sha256:[0-9a-f]{64}"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TRACE = r"[0-9a-f]{32}"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for temporary files with a short path, as the usual ones have."""
    with tempfile.TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.fixture(scope="module")
async def page() -> Performed:
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        return await perform(Path(folder))


@pytest.fixture(scope="module")
async def document() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        done = await perform(Path(folder), "--json")
    assert (done.code, done.errors, done.left) == (0, "", [])
    found: dict[str, Any] = json.loads(done.output)
    return found


def run_of(document: dict[str, Any], account: str) -> dict[str, Any]:
    found: dict[str, Any]
    [found] = [run for run in document["runs"] if run["account"] == account]
    return found


def states(run: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["state"] for step in run["steps"]}


@pytest.mark.requirement("demo.three-customers", "demo.nothing-left-behind", "demo.real-server")
async def test_the_demo_ends_well_and_leaves_nothing(page: Performed) -> None:
    assert page.code == 0, page.output + page.errors
    assert page.errors == ""
    assert page.left == []
    assert re.search(r"^✓ assent serve \S+, PostgreSQL, OPA \S+, .*: up in", page.output, re.MULTILINE)
    assert "✗" not in page.part("In short")
    for one in STORIES.values():
        assert one.name in page.part("In short")


@pytest.mark.requirement("demo.director-answers-by-the-api")
async def test_the_director_is_shown_what_is_asked_before_the_demo_answers_for_her(page: Performed) -> None:
    card = page.output.index("waits for a person: 2 Hafenblick Hotels AG")
    says = page.output.index("the demo now answers as dana.whitfield, through ApprovalService.DecideApproval")
    assert card < says
    shown = page.output[card:says]
    for text in (
        "cpq.create_proposal",
        "discount_percent = 22",
        "account = ACC-1002  [untrusted]",
        "1 x sales_director",
    ):
        assert text in shown
    assert re.search(r"DISCOUNT_OVER_LIMIT +FIN-07 +department/sales/discounts", shown)
    assert re.search(r"expires +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ, and then nothing", shown)
    assert "discount_percent = 22  from steps.risk.output.discount_percent" in shown
    assert re.search(r"takes +13728.00 EUR of the ledger discount_eur \([\d.]+ of 10000000.00 spent", shown)
    assert "so far     succeeded: contract, usage, satisfaction, risk" in shown
    assert re.search(r"on yes +it is done; then crm, email +│\n│ on no +the run stops", shown)
    assert re.search(rf"shown +{DIGEST}", shown)


@pytest.mark.requirement("demo.denial-explained")
async def test_the_denial_is_explained(page: Performed) -> None:
    [card] = re.findall(r"denied, and not done: 3 Lindenhof Kliniken GmbH.*?╰", page.output, re.DOTALL)
    for pattern in (
        r"action +email\.send",
        r"reason +the text holds a bank account number \(IBAN\)",
        r"code +DATA_MUST_NOT_LEAVE",
        r"control +PRV-01",
        r"rule +No bank, card or access data in what leaves",
        r"scope +department/sales/privacy",
        rf"decision +{UUID}",
        rf"trace +{TRACE}",
        rf"revision +{DIGEST}",
        r"instead +letter_by_hand: TASK-\d+ for \S+, due ",
    ):
        assert re.search(pattern, card), pattern
    letters = page.part("2 e-mails arrived at the company's mail server")
    assert re.search(r"^✗ Lindenhof Kliniken GmbH +none to petra\.vogt@", letters, re.MULTILINE)
    assert letters.count("✓") == 2


@pytest.mark.requirement("demo.table-timeline-verify", "demo.for-programs")
async def test_the_parts_come_in_their_order(page: Performed) -> None:
    titles = re.findall(r"^(\S[^\n]*?) ──+$", page.output, re.MULTILINE)
    assert titles == [
        "Three plans of the process contract_renewal",
        "What became of every step",
        "2 e-mails arrived at the company's mail server",
        *(f"{number} {one.name}, out of the trail" for number, one in enumerate(STORIES.values(), 1)),
        "Audit verify",
        "In short",
    ]
    assert re.search(r"│ email +│ ✓ done +│ ✓ done +│ ✗ DATA_MUST_NOT_LEAVE +│", page.output)
    told = page.part("3 Lindenhof Kliniken GmbH")
    assert re.search(r"\+ *\d+\.\d\d s +email +✗ email\.send +deny +PRV-01 +[0-9a-f]{8}\n", told)
    assert re.search(rf"trace {TRACE}", told)
    asked = page.part("2 Hafenblick Hotels AG")
    assert re.search(r"require_approval +FIN-07 .*\n +more than 15 % off needs a sales director \(DISCOUNT_OVER", asked)
    assert asked.index("dana.whitfield says yes") < asked.index("crm.update_renewal")
    assert re.fullmatch(rf"✓ \d+ records, chain intact, head {DIGEST}\n\n", page.part("Audit verify"))


@pytest.mark.requirement("demo.for-programs")
async def test_without_a_terminal_there_are_only_plain_lines(page: Performed) -> None:
    assert "\x1b" not in page.output
    assert not [line for line in page.output.splitlines() if line != line.rstrip()]
    assert "▸" not in page.output, "the table is printed once, at the end"


@pytest.mark.requirement("demo.under-30-seconds")
async def test_it_takes_less_than_half_a_minute(document: dict[str, Any]) -> None:
    assert document["seconds"] < 30


@pytest.mark.requirement("demo.three-customers", "demo.for-programs")
async def test_one_document_tells_the_same_to_programs(document: dict[str, Any]) -> None:
    assert document["ok"] is True
    assert all(check["kept"] for check in document["checks"])
    assert {run["state"] for run in document["runs"]} == {"succeeded"}
    assert document["verification"]["intact"] is True
    assert re.fullmatch(DIGEST, document["verification"]["head"])
    flows, asks, denied = (run_of(document, account) for account in (FLOWS, NEEDS_DIRECTOR, MUST_NOT_LEAVE))
    assert (flows["emails"], flows["approvals"]) == (1, [])
    assert states(flows)["offer_upsell"] == "succeeded"
    [approval] = asks["approvals"]
    assert (approval["code"], approval["control"]) == ("DISCOUNT_OVER_LIMIT", "FIN-07")
    assert (approval["state"], approval["approvers"]) == ("consumed", ["dana.whitfield"])
    assert (asks["emails"], states(asks)["success_call"]) == (1, "succeeded")
    assert (denied["emails"], states(denied)["email"], states(denied)["letter_by_hand"]) == (0, "denied", "succeeded")
    [letter] = [moment for moment in denied["timeline"] if moment["what"] == "email.send"]
    assert (letter["code"], letter["control"], letter["scope"]) == (
        "DATA_MUST_NOT_LEAVE",
        "PRV-01",
        "department/sales/privacy",
    )
    assert re.fullmatch(TRACE, letter["trace_id"])
    assert len(document["emails"]) == 2


@pytest.mark.requirement("demo.checks-itself")
async def test_what_does_not_end_as_told_is_a_failure(folder: Path, tmp_path: Path) -> None:
    examples = tmp_path / "examples"
    shutil.copytree(find_examples().folder, examples, ignore=shutil.ignore_patterns("__pycache__"))
    data = examples / "contract_renewal" / "data"
    limits, outbound = data / "limits.yaml", data / "outbound.yaml"
    limits.write_text(limits.read_text().replace("director_above_percent: 15", "director_above_percent: 25"))
    outbound.write_text(outbound.read_text().replace("[a-z]{2}[0-9]{2}", "XX[0-9]{2}"))
    for held in ("discounts", "letters"):  # or the server would not begin with such limits
        (examples / "contract_renewal" / "cases" / f"{held}.yaml").unlink()
    loosened = (
        "import pathlib; from assent_orchestrator.cli.demo import course; "
        "from assent_orchestrator.cli.stage import examples; "
        f"course.find_examples = lambda example: examples.Examples(pathlib.Path({str(examples)!r})); {ASSENT[1]}"
    )
    done = await perform(folder, start=("-c", loosened, "demo"))
    assert done.code == 1, done.output + done.errors
    short = done.part("In short")
    assert re.search(r"^✓ Nordlicht", short, re.MULTILINE)
    assert re.search(r"^✗ Hafenblick", short, re.MULTILINE)
    assert re.search(r"^✗ Lindenhof", short, re.MULTILINE)
    assert "NOT as they should" in short
    assert done.left == []


@pytest.mark.requirement("demo.nothing-left-behind")
@pytest.mark.parametrize("moment", ["starting PostgreSQL", "up in"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_demo_that_is_interrupted_takes_everything_along(
    folder: Path, moment: str, number: signal.Signals
) -> None:
    async with demonstration(folder) as one:
        await one.until(moment)
        one.process.send_signal(number)
        code, output, errors = await one.ended()
        assert (code, errors) == (128 + number, "")
        assert output.endswith("Stopped; nothing is left running, the temporary folder is gone.\n")
        assert one.left() == []


@pytest.mark.requirement("demo.nothing-left-behind")
@pytest.mark.skipif(sys.platform != "linux", reason="waits for processes that are not its own by pidfd")
async def test_a_demo_that_is_killed_leaves_no_process(folder: Path) -> None:
    async with demonstration(folder) as one:
        await one.until("up in")
        running = one.processes()
        for program in ("postgres", "opa run", "company.server", "tool_server.mailbox", " serve "):
            assert any(program in args for args in running.values()), program
        one.process.kill()
        await one.ended()
        await asyncio.to_thread(wait_for_the_end_of, running)
        assert one.processes() == {}


@pytest.mark.requirement("demo.nothing-left-behind")
@pytest.mark.parametrize(("missing", "name"), [("aiosmtpd", "the company's mail server"), ("dbos", "assent serve")])
async def test_what_does_not_start_is_named_and_the_rest_is_stopped(
    folder: Path, tmp_path: Path, missing: str, name: str
) -> None:
    broken = tmp_path / "broken" / missing
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('broken for a test')\n")
    done = await perform(folder, PYTHONPATH=str(broken.parent))
    assert done.code == 7
    assert done.errors.startswith(f"error: {name} ended while it started, with status ")
    assert done.left == []


@pytest.mark.requirement("demo.keep", "demo.nothing-left-behind")
async def test_a_demo_that_is_kept_can_be_used_until_it_is_stopped(folder: Path) -> None:
    async with demonstration(folder, "--keep") as one:
        output = await one.until("server.log")
        commands = [shlex.split(line) for line in output.splitlines() if line.startswith(("assent ", "grpcurl "))]
        variables = dict(re.findall(r"(ASSENT_\w+)=(\S+)", output))
        for _, *arguments in (command for command in commands if command[0] == "assent"):
            if "approve" not in arguments:
                assert "error" not in await assent(arguments, variables)
        [submit] = [command for command in commands if command[-1].endswith("SubmitPlan")]
        run = await submitted(submit)
        assert run.plan.inputs["account"] == NEEDS_DIRECTOR
        one.process.send_signal(signal.SIGINT)
        code, _, errors = await one.ended()
        assert (code, errors) == (0, "")
        assert one.left() == []


async def assent(arguments: list[str], variables: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *ASSENT, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **variables},
    )
    output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, output.decode()
    return output.decode()


async def submitted(command: list[str]) -> runs_pb2.Run:
    """Make the call that a printed grpcurl command makes."""
    header, data = command[command.index("-H") + 1], command[command.index("-d") + 1]
    [token_file] = re.findall(r"\$\(cat (\S+)\)", header)
    request = json_format.Parse(data, runs_pb2.SubmitPlanRequest())
    token = await asyncio.to_thread(Path(token_file).read_text)
    async with grpc.aio.insecure_channel(command[-2], options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub: Any = RunServiceStub(channel)
        run = await stub.SubmitPlan(request, metadata=(("authorization", f"Bearer {token}"),), timeout=SECONDS)
        assert isinstance(run, runs_pb2.Run)
        return run


@pytest.mark.requirement("demo.table-timeline-verify")
async def test_on_a_terminal_the_table_changes_while_things_happen(folder: Path) -> None:
    output = await asyncio.wait_for(asyncio.to_thread(on_a_terminal, folder), SECONDS)
    assert output.count("╭") > 5, "there are two cards, and a table that is drawn again and again"
    assert "▸ running" in output
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", output), "NO_COLOR is set"
    assert "The three renewals ended as they should" in output


def on_a_terminal(folder: Path) -> str:
    variables = {"TERM": "xterm-256color", "NO_COLOR": "1", "COLUMNS": "100", "LINES": "50", "TMPDIR": str(folder)}
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, *ASSENT, "demo"], {**os.environ, **variables})
    output = b""
    try:
        while chunk := os.read(terminal, 65536):
            output += chunk
    except OSError:  # Linux says so when the other side is closed
        pass
    finally:
        os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, output.decode()
    return output.decode()


def test_a_long_path_to_temporary_files_is_avoided() -> None:
    assert short_base(Path("/var/tmp")) == Path("/var/tmp")
    assert short_base(Path("/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T")) == Path("/tmp")


def test_the_story_is_about_the_customers_of_the_example() -> None:
    told = {one.key: one.name for one in story.CUSTOMERS}
    assert told == {account: one.name for account, one in STORIES.items()}
    assert [one.key for one in story.CUSTOMERS] == [FLOWS, NEEDS_DIRECTOR, MUST_NOT_LEAVE]


@pytest.mark.parametrize("place", ["assent_orchestrator/examples", "examples"], ids=["wheel", "checkout"])
def test_the_examples_are_found_wherever_they_are(tmp_path: Path, place: str) -> None:
    package = tmp_path / "assent_orchestrator" if place.startswith("assent") else tmp_path / "orchestrator" / "package"
    package.mkdir(parents=True)
    with pytest.raises(Problem, match="no examples"):
        find_examples(package)
    shutil.copytree(find_examples().folder, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__"))
    assert find_examples(package).folder == tmp_path / place


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("http://127.0.0.1:4317", "127.0.0.1:4317"),
        ("https://key:secret@collector.example/v1", "collector.example"),
        ("collector:4317", "collector:4317"),
    ],
)
def test_where_traces_go_is_told_without_secrets(endpoint: str, told: str) -> None:
    assert traces_of({"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}) == told
    assert traces_of({}) == ""
