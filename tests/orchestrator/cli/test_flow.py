import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from assent_orchestrator.cli import main
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.flow import flow
from assent_orchestrator.cli.printing import note, say
from assent_orchestrator.cli.problem import Problem

DIGEST = f"sha256:{'ab' * 32}"
LINES = st.lists(st.text("ab漢", min_size=1, max_size=30), max_size=30).map(" ".join)


@given(line=LINES, width=st.integers(10, 100), indent=st.integers(0, 20))
def test_a_line_goes_on_between_words_and_loses_none(line: str, width: int, indent: int) -> None:
    pieces = [piece.plain for piece in flow(Text(line), width, indent)]
    assert " ".join(pieces).split() == line.split()
    assert all(cell_len(piece) <= width or len(piece.split()) == 1 for piece in pieces)


def test_a_name_stays_with_its_id_where_there_is_room_for_both() -> None:
    line = Text(f"deny  OVER_LIMIT  decision {'d' * 36}  trace {'e' * 32}  by a person")
    assert [piece.plain for piece in flow(line, 60, 2)] == [
        "deny  OVER_LIMIT",
        f"  decision {'d' * 36}",
        f"  trace {'e' * 32}  by a person",
    ]


def test_where_a_line_goes_on_its_colours_do(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = flow(Text.assemble("a ", ("red words", "red")), 7, 2)
    assert (first.plain, second.plain) == ("a red", "  words")
    assert [piece.spans[0].style for piece in (first, second)] == ["red", "red"]
    say("a" * 300, " b")
    assert capsys.readouterr().out == f"{'a' * 300} b\n", "in a pipe it is one line"


def test_lines_for_people_fit_their_terminal_and_break_no_digest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    say("  ", "under the revision ", DIGEST, ", which is in force since ", "yesterday " * 12)
    shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == ["  under the revision", f"    {DIGEST},"]
    assert all(line.startswith("    y") for line in shown[3:])
    note(f"look again at {DIGEST} and, again, at {DIGEST}")
    told = capsys.readouterr().err.splitlines()
    assert told == ["look again at", f"  {DIGEST} and,", "  again, at", f"  {DIGEST}"]


@pytest.mark.parametrize("terminal", [True, False])
def test_an_error_is_one_line_unless_a_terminal_has_no_room_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    def fail() -> None:
        raise Problem("this is wrong " * 10 + DIGEST, ExitCode.INVALID, details=["here and there " * 10])

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(main, "app", lambda *_, **__: fail())
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert main.run(["policy", "status"]) == ExitCode.INVALID
    lines = capsys.readouterr().err.splitlines()
    if not terminal:
        assert len(lines) == 2
        return
    assert max(map(len, lines)) <= 80
    told, details = lines[:-2], lines[-2:]
    assert (told[0][:11], told[-1]) == ("error: this", f"       {DIGEST}")
    assert all(line.startswith("       ") for line in told[1:])
    assert (details[0][:6], details[1][:8]) == ("  here", "    here")
