from pathlib import Path

import pytest

from assent_orchestrator.cli.connection import Connection, address_of, credentials_of
from assent_orchestrator.cli.options import Common
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.config import DEFAULT_LISTEN
from tests.orchestrator.cli.program import write_tokens


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    path = tmp_path / "tokens.json"
    write_tokens(path, {"sam": [], "lea": []})
    return path


@pytest.mark.requirement("cli.connection")
def test_the_first_caller_of_the_token_file_is_meant_unless_another_is_named(tokens: Path) -> None:
    first = credentials_of(Common(token_file=tokens), {})
    second = credentials_of(Common(caller="lea"), {"ASSENT_TOKEN_FILE": str(tokens)})
    assert (first.token[:3], second.token[:3], first.tenant) == ("sam", "lea", "local")
    assert credentials_of(Common(), {"ASSENT_DATA": str(tokens.parent)}) == first


@pytest.mark.requirement("cli.connection")
def test_a_token_in_the_environment_goes_before_the_file(tokens: Path) -> None:
    found = credentials_of(Common(token_file=tokens), {"ASSENT_TOKEN": "own", "ASSENT_TENANT": "acme"})
    assert (found.token, found.tenant) == ("own", "acme")
    assert "own" not in repr(found)
    with pytest.raises(Problem, match="unset one of them"):
        credentials_of(Common(caller="lea"), {"ASSENT_TOKEN": "own"})


@pytest.mark.requirement("cli.connection")
def test_an_option_goes_before_the_environment_and_that_before_the_default() -> None:
    assert str(address_of(Common(), {})) == DEFAULT_LISTEN
    assert str(address_of(Common(), {"ASSENT_SERVER": "[::1]:1"})) == "[::1]:1"
    assert str(address_of(Common(server="localhost:2"), {"ASSENT_SERVER": "x:1"})) == "localhost:2"
    with pytest.raises(Problem, match="is not an address"):
        address_of(Common(server="nowhere"), {})


def test_what_is_said_behind_a_command_goes_before_what_is_said_in_front_of_it() -> None:
    outer = Common(server="a:1", caller="sam", as_json=True)
    assert Common(server="b:2").over(outer) == Common(server="b:2", caller="sam", as_json=True)


@pytest.mark.parametrize("damage", ["missing", "open", "garbage", "stranger"])
def test_a_token_file_that_cannot_be_used_is_told_and_no_token_shown(tokens: Path, damage: str) -> None:
    common = Common(token_file=tokens)
    match damage:
        case "missing":
            tokens.unlink()
        case "open":
            tokens.chmod(0o644)
        case "garbage":
            tokens.write_text("sam-xxx", encoding="utf-8")
        case _:
            common = Common(token_file=tokens, caller="eve")
    with pytest.raises(Problem) as told:
        credentials_of(common, {})
    assert str(tokens) in told.value.message
    assert "xxx" not in "".join(told.value.lines)


def test_a_ca_that_cannot_be_read_is_told(tokens: Path) -> None:
    common = Common(server="far.example:1", token_file=tokens, tls_ca=tokens / "no.pem")
    with Connection(common, {}) as connection, pytest.raises(Problem, match=r"no\.pem cannot be read"):
        _ = connection.channel
