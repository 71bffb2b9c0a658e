"""The file that says who may call: made once, private, never logged."""

import json
import stat
from pathlib import Path

import pytest

from assent_orchestrator.errors import UnauthenticatedError
from assent_orchestrator.server.tokens import (
    TokenDirectory,
    TokenFile,
    TokenFileError,
    almighty,
    default_entries,
    new_entry,
    read_tokens,
    write_tokens,
)

pytestmark = pytest.mark.requirement("orchestrator.token-file")


def test_the_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "data" / "tokens.json"
    write_tokens(path, default_entries())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        write_tokens(path, default_entries())


def test_identity_roles_and_tenant_come_from_the_file(tmp_path: Path) -> None:
    entry = new_entry("dana", ("sales_director",), tenant="sales")
    directory = TokenDirectory(write_tokens(tmp_path / "t.json", (entry,)))
    caller = directory.authenticate(entry.token)
    assert (caller.id, caller.tenant, caller.roles) == ("dana", "sales", frozenset({"sales_director"}))
    with pytest.raises(UnauthenticatedError):
        directory.authenticate(entry.token[:-1])


@pytest.mark.requirement("orchestrator.agents-authenticated")
def test_a_caller_is_the_agent_that_the_file_says_and_else_none(tmp_path: Path) -> None:
    bot = new_entry("sales-bot", ("submitter",)).model_copy(update={"agent": "sales"})
    person = new_entry("sales", ())
    written = write_tokens(tmp_path / "t.json", (bot, person))
    assert read_tokens(tmp_path / "t.json") == written
    directory = TokenDirectory(written)
    assert directory.authenticate(bot.token).agent == "sales"
    assert directory.authenticate(person.token).agent == ""


def test_who_has_every_role_is_found() -> None:
    other = new_entry("olga", ("operator", "auditor", "submitter"))
    assert almighty(TokenFile(callers=(*default_entries(), other))) == ("local-operator",)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "t.json"
    write_tokens(path, default_entries())
    path.chmod(mode)
    with pytest.raises(TokenFileError, match="chmod 600"):
        read_tokens(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"callers": []}',
        '{"callers": [{"id": "a", "token": "short"}]}',
        json.dumps({"callers": [{"id": "a", "token": "x" * 43, "admin": True}]}),
    ],
)
def test_anything_else_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(TokenFileError) as refused:
        read_tokens(path)
    assert "x" * 43 not in str(refused.value)


def test_a_token_shows_in_no_representation() -> None:
    entry = new_entry("dana", ())
    assert entry.token not in repr(entry)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match="start the server once"):
        read_tokens(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{ bad", "Invalid JSON"),
        ('{"callers": [{"id": "a", "token": "short"}]}', "callers.0.token: String should have at least 43 characters"),
        (
            json.dumps({"callers": [{"id": "a", "rolls": [], "token": "x" * 43}]}),
            "callers.0.rolls: there is no such field",
        ),
        (
            json.dumps({"callers": [{"id": "a", "token": "y" * 43, "x" * 43: 1}]}),
            "callers.0....: there is no such field",
        ),
        (json.dumps({"callers": [{"id": "a", "agent": "A b", "token": "x" * 43}]}), "callers.0.agent: String should"),
        (
            json.dumps({"callers": [{"id": "a", "agent": "a", "roles": ["operator"], "token": "x" * 43}]}),
            "callers.0: an agent has none of the roles of people: operator",
        ),
    ],
)
def test_the_place_of_a_mistake_is_named_but_not_what_stands_there(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(TokenFileError) as refused:
        read_tokens(path)
    assert f"{path} is not a token file: {said}" in str(refused.value)
    assert "short" not in str(refused.value)
    assert "x" * 43 not in str(refused.value)
