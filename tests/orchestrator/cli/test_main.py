import subprocess
import sys
from typing import Any

import pytest

from assent_orchestrator.cli import main
from tests.orchestrator.cli.program import SECONDS, assent, clean_environ


@pytest.mark.requirement("cli.commands")
def test_every_command_of_the_issue_is_there() -> None:
    said = assent("--help")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.partition("Commands:\n")[2].splitlines()] == [
        "demo", "chaos", "init", "serve", "stop", "lift", "decide", "doctor", "plan", "process", "agents",
        "runs", "approvals", "stops", "delegations", "permits", "ledgers", "memory", "audit", "policy", "bundle",
    ]  # fmt: skip
    for group, verbs in {
        "plan": ["check", "simulate", "run"],
        "process": ["list", "show", "diff", "propose", "amendments", "amendment", "dismiss", "mine"],
        "runs": ["list", "show", "watch", "cancel", "pause", "resume", "reconcile"],
        "agents": ["list", "show"],
        "ledgers": ["list", "show", "entries"],
        "memory": ["remember", "recall", "forget", "list", "classes", "hold", "lift", "holds"],
        "approvals": ["list", "show", "approve", "reject", "withdraw", "choose", "watch", "report"],
        "delegations": ["give", "list", "show", "revoke"],
        "audit": ["show", "list", "verify"],
        "policy": ["status", "activate", "rollback", "rehearse", "test", "shadow"],
        "bundle": ["key", "build", "sign", "verify", "inspect"],
    }.items():
        help_text = assent(group, "--help").out
        assert [
            line.split()[0] for line in help_text.partition("Commands:\n")[2].splitlines() if line[2] != " "
        ] == verbs


@pytest.mark.requirement("cli.one-line", "cli.exit-codes")
@pytest.mark.parametrize("arguments", [(), ("nope",), ("runs",), ("runs", "show"), ("runs", "list", "--state", "x")])
def test_what_is_no_command_is_told_in_one_line(arguments: tuple[str, ...]) -> None:
    said = assent(*arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith("error: ")
    assert "--help" in said.err


@pytest.mark.parametrize(
    ("given", "there"),
    [
        ((), "'--class'; see assent memory recall --help; assent memory classes shows which there are"),
        (("--class", "x"), "'--purpose'; see assent memory recall --help; assent memory classes shows the purposes"),
    ],
)
def test_who_leaves_out_the_class_or_the_purpose_of_memory_is_told_where_they_are_listed(
    given: tuple[str, ...], there: str
) -> None:
    said = assent("memory", "recall", "--subject", "x", *given)
    assert (said.code, said.err.startswith(f"error: Missing option {there}")) == (2, True), said.err


def test_a_missing_choice_names_what_there_is_to_choose_from_in_one_line() -> None:
    said = assent("runs", "reconcile", "1", "mail", "--rationale", "looked")
    assert said.code == 2
    assert "Choose from: done, not_done, failed; see assent runs reconcile --help" in said.err


def test_asking_for_help_loads_neither_database_nor_engine() -> None:
    program = (
        "import sys; from assent_orchestrator.cli.main import run; run(['--help']); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'sqlalchemy', 'dbos', 'aiohttp', 'alembic'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
        env=clean_environ(),
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.requirement("cli.one-line")
def test_a_fault_of_our_own_is_told_in_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(main, "app", fail)
    monkeypatch.delenv("ASSENT_DEBUG", raising=False)
    assert main.run(["runs", "list"]) == 70
    said = capsys.readouterr().err
    assert said == "error: something went wrong inside (RuntimeError); run it again with ASSENT_DEBUG=1 to see where\n"


def test_ctrl_c_ends_a_command_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "app", interrupted)
    assert main.run(["runs", "list"]) == 130
    assert capsys.readouterr().err == ""
