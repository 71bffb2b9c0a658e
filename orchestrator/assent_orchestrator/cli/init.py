"""The command ``init``: a small workspace that works, to change into one's own."""

import re
import shlex
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.options import Common, with_output
from assent_orchestrator.cli.printing import say, say_json
from assent_orchestrator.cli.problem import Problem

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


@with_output
def init_command(
    common: Common,
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; an empty one may be there.")],
    name: Annotated[str | None, typer.Option(help="The workspace's name. [default: the folder's]")] = None,
) -> int:
    """Make a workspace: systems, agents, a process, policies with tests and cases, a plan and a tool server."""
    chosen = name or re.sub(r"[^a-z0-9_-]+", "_", folder.absolute().name.lower()).strip("_-") or "workspace"
    if not _NAME.fullmatch(chosen):
        raise Problem(f"{chosen!r} cannot name a workspace; give --name with a-z, 0-9, _ and -", ExitCode.USAGE)
    try:
        if folder.exists() and not folder.is_dir():
            raise Problem(f"{folder} is a file; name a new folder", ExitCode.CONFLICT)
        if folder.exists() and any(folder.iterdir()):
            raise Problem(f"{folder} is not empty; name a new folder", ExitCode.CONFLICT)
        written = list(_copy(files(__package__) / "template", folder, chosen))
    except OSError as error:
        raise Problem(f"{error.filename} cannot be written: {error.strerror}", ExitCode.NOT_ALLOWED) from error
    if common.as_json:
        say_json({"workspace": str(folder), "name": chosen, "files": [str(file) for file in written]})
    else:
        say(f"made the workspace {chosen} in {folder}, {len(written)} files; {folder / 'README.md'} says what they are")
        say(f"next: assent policy test {shlex.quote(str(folder))}")
    return ExitCode.DONE


def _copy(source: Traversable, target: Path, name: str) -> list[Path]:
    target.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for entry in sorted(source.iterdir(), key=lambda one: one.name):
        if entry.name == "__pycache__":
            continue
        place = target / entry.name
        if entry.is_dir():
            written += _copy(entry, place, name)
            continue
        content = entry.read_text(encoding="utf-8")
        if entry.name == "assent.yaml":
            content = content.replace("name: template\n", f"name: {name}\n")
        with place.open("x", encoding="utf-8") as file:
            file.write(content)
        written.append(place)
    return written
