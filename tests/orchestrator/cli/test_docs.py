"""The page about the command line is compared with the command line."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from assent_orchestrator.cli.chaos.command import chaos_command
from assent_orchestrator.cli.demo import demo_command
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.main import app
from assent_orchestrator.cli.options import Common
from assent_orchestrator.config import DEFAULT_LISTEN

PAGE = (Path(__file__).parents[3] / "docs/cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `assent ([a-z ]+)`\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL))
[SHARED] = re.findall(r"^## Where the server is.*?(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
CONNECTION = {"--server", "--token-file", "--as", "--tenant", "--tls-ca", "--client-cert", "--client-key", "--json"}


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def itself(command: Any) -> Any:
    """A command of its own: the one in the app only loads it."""
    alone = typer.Typer()
    alone.command()(command)
    return typer.main.get_command(alone)


COMMANDS = {**dict(commands(typer.main.get_command(app))), "demo": itself(demo_command), "chaos": itself(chaos_command)}


def options(command: Any) -> dict[str, str | None]:
    """The options of a command with their environment variables."""
    return {
        name: parameter.envvar
        for parameter in command.params
        if parameter.param_type_name == "option"
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name not in {"--help", "--install-completion", "--show-completion"}
    }


def rows(text: str) -> dict[str, str]:
    """The rows of tables by the options in their first cell."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("|") else []
        for option in re.findall(r"`(--?[a-z-]+)`", cells[0]) if cells else ():
            found[option] = line
    return found


@pytest.mark.requirement("cli.documented")
def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.requirement("cli.documented")
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_in_the_table_of_its_command_and_no_other(name: str) -> None:
    there = options(COMMANDS[name])
    if set(there) >= CONNECTION:
        there = {option: variable for option, variable in there.items() if option not in CONNECTION}
    told = rows(SECTIONS[name])
    assert set(told) == set(there)
    for option, variable in there.items():
        assert not variable or f"`{variable}`" in told[option], f"{option} can be set by {variable}"


@pytest.mark.requirement("cli.documented")
def test_every_argument_is_named() -> None:
    for name, command in COMMANDS.items():
        arguments = [one.metavar or one.name for one in command.params if one.param_type_name == "argument"]
        if arguments and name != "plan run":
            shown = " ".join(str(one) for one in arguments)
            assert f"`assent {name} {shown}`" in SECTIONS[name], f"{name} takes {shown}"


@pytest.mark.requirement("cli.documented")
def test_the_shared_options_are_told_with_their_variables() -> None:
    told = rows(SHARED)
    assert set(told) == CONNECTION
    root = typer.main.get_command(app)
    for parameter in root.params:
        for variable in re.findall(r"\[env: (\w+)\]", getattr(parameter, "help", "") or ""):
            assert f"`{variable}`" in told[parameter.opts[0]]
    assert f"`{DEFAULT_LISTEN}`" in SHARED
    assert len(inspect.signature(Common).parameters) == len(CONNECTION)


@pytest.mark.requirement("cli.documented", "cli.exit-codes")
def test_every_exit_code_is_told() -> None:
    told = {name: int(code) for code, name in re.findall(r"^\| ([0-9]+) \| `([A-Z_]+)` \|", PAGE, re.MULTILINE)}
    assert told == {code.name: code.value for code in ExitCode}


@pytest.mark.requirement("cli.json")
def test_every_command_has_json() -> None:
    assert [name for name, command in COMMANDS.items() if "--json" not in options(command)] == []
