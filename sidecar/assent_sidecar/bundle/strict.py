"""OPA's strict check: types against the schema of the question, unused names, and no built-in that looks outside."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assent_sidecar.bundle.command import CommandError, run
from assent_sidecar.bundle.fault import WorkspaceFault
from assent_sidecar.bundle.library import library_root, question_schema
from assent_sidecar.bundle.modules import CONDITIONS
from assent_sidecar.bundle.workspace import Condition
from assent_sidecar.model import Json
from assent_sidecar.opa.binary import Binary

_OUTSIDE = frozenset(
    {
        "http.send",
        "io.jwt.decode_verify",
        "io.jwt.encode_sign",
        "io.jwt.encode_sign_raw",
        "net.lookup_ip_addr",
        "opa.runtime",
        "rand.intn",
        "time.now_ns",
        "uuid.rfc4122",
    }
)
"""Built-ins whose value depends on more than their arguments. A decision follows from question and bundle alone."""


@dataclass(frozen=True, slots=True)
class StrictError:
    """One thing OPA does not accept; ``file`` is relative to the checked folder."""

    file: str
    line: int
    code: str
    message: str

    @property
    def is_about_types(self) -> bool:
        """Whether it may follow from another file that is missing."""
        return self.code == "rego_type_error"

    def fault(self, conditions: Mapping[int, Condition]) -> WorkspaceFault:
        """Return it as a fault of the workspace; ``conditions`` are the lines of the generated module."""
        condition = conditions.get(self.line) if self.file == CONDITIONS else None
        if condition is not None:
            reason = f"the rule {condition.rule!r} cannot be a condition: {self.message}"
            return WorkspaceFault(condition.file, condition.line, reason)
        return WorkspaceFault(self.file, self.line, self.message)


async def write_capabilities(file: Path, binary: Binary, *, niceness: int = 0) -> None:
    """Write to ``file`` what policies may use of this OPA: everything but the network, the clock and chance.

    Raises:
        CommandError: OPA cannot be asked.
    """
    done = await run(binary, "capabilities", "--current", cwd=file.parent, niceness=niceness)
    try:
        capabilities = json.loads(done.stdout)
        builtins = [builtin for builtin in capabilities["builtins"] if builtin["name"] not in _OUTSIDE]
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"opa does not say what it can do: {done.stderr[:500]}") from error
    content = json.dumps({**capabilities, "builtins": builtins, "allow_net": []})
    await asyncio.to_thread(file.write_text, content, encoding="utf-8")


def allowed(capabilities: Path) -> tuple[str, str]:
    """Return the arguments that hold a command to the capabilities in a file."""
    return ("--capabilities", str(capabilities))


async def check_strictly(
    folder: Path, capabilities: Path, binary: Binary, *, niceness: int = 0
) -> tuple[StrictError, ...]:
    """Return what ``opa check --strict`` finds in the bundle whose content is in ``folder``.

    Raises:
        CommandError: OPA cannot be run, or does not say what is wrong.
    """
    schema = await asyncio.to_thread(question_schema)
    typed = ("--schema", str(schema)) if schema else ()
    arguments = ("check", "--strict", "--bundle", "--format", "json", "--max-errors", "0")
    done = await run(binary, *arguments, *typed, *allowed(capabilities), ".", cwd=folder, niceness=niceness)
    if done.status == 0:
        return ()
    try:
        errors = json.loads(done.stderr)["errors"]
        return tuple(_read(error) for error in errors)
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"opa check failed: {done.stderr[:2000]}") from error


def _read(error: Mapping[str, Json]) -> StrictError:
    location = error.get("location") or {}
    file = str(location.get("file", "")).removeprefix("./")
    message = str(error["message"])
    for name in _OUTSIDE:
        if message == f"undefined function {name}":
            message = f"{name} is not there for policies: a decision follows from the question and the bundle alone"
    details = error.get("details")
    choices = details.get("oneOf") if isinstance(details, dict) else None
    if choices:
        message += f" (there is: {', '.join(map(str, choices))})"
    if (library_root() / file).is_file() and file.startswith("assent/"):
        message = f"in the library that came with this package: {message}"
    return StrictError(file or ".", int(location.get("row", 1)) or 1, str(error.get("code", "")), message)
