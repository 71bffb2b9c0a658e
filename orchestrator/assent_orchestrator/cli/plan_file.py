"""Plans as people write them: YAML or JSON, of the shape of the proto, with the line of every part."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assent.v1.plans_pb2 import Plan as WirePlan
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.refusal import FieldFault, Refusal
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.read import read_plan
from assent_orchestrator.server.translate.plan import write_plan
from assent_orchestrator.tools.value import ValueFaultError
from assent_sidecar.bundle.source import Location, Source, SourceError, parse_yaml
from assent_sidecar.model import Json

MAX_BYTES = 4 * 1024 * 1024

_PART = re.compile(r'\.?([^.\[\]"]+)|\[([0-9]+)\]|\["((?:[^"\\]|\\.)*)"\]')


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan and where it is written; ``name`` is empty for a plan that came from no file.

    ``source`` returns the lines; it is asked where something is wrong, and None where nobody knows them.
    """

    plan: Plan
    name: str = ""
    source: Callable[[], Source | None] = field(default=lambda: None, repr=False)

    def wire(self) -> WirePlan:
        """Return the plan as it is sent.

        Raises:
            Problem: a value cannot travel.
        """
        try:
            return write_plan(self.plan)
        except ValueFaultError as error:
            raise Problem(f"the plan {self.name} cannot be sent: {error}", ExitCode.INVALID) from error

    def problem(self, message: str, faults: Iterable[Fault | FieldFault], *, total: int = 0) -> Problem:
        """Return the problem that names every fault with its line: ``file:line: field: CODE what is wrong``."""
        source = self.source()
        lines = [self._line(fault, source) for fault in faults]
        return Problem(message, ExitCode.INVALID, code="INVALID_PLAN", details=lines, total=total)

    def explained(self, refusal: Refusal) -> Problem:
        """Return a refusal of the server's with the lines of the file."""
        if not refusal.faults:
            return refusal
        return self.problem(refusal.message, refusal.faults, total=refusal.total)

    def _line(self, fault: Fault | FieldFault, source: Source | None) -> str:
        path = fault.field.removeprefix("plan.")
        told = " ".join(part for part in (f"{path}:" if path else "", fault.code, fault.description) if part)
        if source is None:
            return f"{self.name}: {told}" if self.name else told
        return f"{self.name}:{source.line(location_of(path))}: {told}"


def location_of(path: str) -> Location:
    """Return a field path, as in ``steps[1].args.x``, as keys and indices."""
    found: list[str | int] = []
    for plain, index, quoted in _PART.findall(path):
        found.append(int(index) if index else plain or quoted)
    return tuple(found)


def read_plan_file(file: Path, inputs: Sequence[str] = ()) -> PlanFile:
    """Read a plan, ``-`` from stdin, and put ``name=value`` inputs over its own.

    Raises:
        Problem: it cannot be read, or is not a plan; each fault is named with its line.
    """
    name = "<stdin>" if str(file) == "-" else str(file)
    value, source = _value(file, name)
    if isinstance(value, dict):
        given = read_inputs(inputs)
        if given and isinstance(value.get("inputs", {}), dict):
            value = {**value, "inputs": {**value.get("inputs", {}), **given}}
    return _made(value, name, source)


def plan_of_process(process: str, inputs: Sequence[str]) -> PlanFile:
    """Return the plan that is a process as written, with these inputs.

    Raises:
        Problem: that cannot be a plan.
    """
    return _made({"process": process, "inputs": read_inputs(inputs)}, "", lambda: None)


def read_inputs(texts: Sequence[str]) -> dict[str, Json]:
    """Return ``name=value`` as values: whatever YAML makes of them, so ``n=3`` is a number and ``n='3'`` a text.

    Raises:
        Problem: one of them is something else, or is there twice.
    """
    found: dict[str, Json] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Problem(f"{text!r} is no input; write name=value", ExitCode.USAGE)
        if name in found:
            raise Problem(f"the input {name!r} is given twice; leave one out", ExitCode.USAGE)
        try:
            found[name] = parse_yaml("--input", value).value if value.strip() else value
        except SourceError as error:
            what = f"the value of the input {name!r} cannot be read ({error.faults[0].reason}); put a text in quotes"
            raise Problem(what, ExitCode.USAGE) from error
    return found


def _made(value: Json, name: str, source: Callable[[], Source | None]) -> PlanFile:
    try:
        return PlanFile(read_plan(value), name, source)
    except InvalidError as error:
        unread = PlanFile(Plan.model_construct(process=""), name, source)
        raise unread.problem(f"{name or 'this'} is not a plan; mend what is listed", error.faults) from error


def _value(file: Path, name: str) -> tuple[Json, Callable[[], Source | None]]:
    text = _text(file, name)
    if file.suffix == ".json":
        try:
            value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
            return value, lambda: _lines_of_json(name, text)
        except (ValueError, RecursionError) as error:
            raise Problem(f"{name} is not JSON: {error}", ExitCode.INVALID, code="INVALID_PLAN") from error
    try:
        source = parse_yaml(name, text)
    except SourceError as error:
        what = f"{name} cannot be read; mend what is listed"
        raise Problem(what, ExitCode.INVALID, code="INVALID_PLAN", details=map(str, error.faults)) from error
    return source.value, lambda: source


def _lines_of_json(name: str, text: str) -> Source | None:
    """Return where the parts of JSON stand, which is YAML; None where it holds what is none, as a huge number."""
    try:
        return parse_yaml(name, text.replace("\t", " "))
    except SourceError:
        return None


def _text(file: Path, name: str) -> str:
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with file.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
        text = content[:MAX_BYTES].decode("utf-8", errors="strict" if len(content) <= MAX_BYTES else "ignore")
    except OSError as error:
        code = ExitCode.NOT_FOUND if isinstance(error, FileNotFoundError) else ExitCode.INVALID
        raise Problem(f"{name} cannot be read: {error.strerror}; name a plan file", code) from error
    except UnicodeDecodeError as error:
        raise Problem(f"{name} is not UTF-8; save it as that", ExitCode.INVALID) from error
    if len(content) > MAX_BYTES:
        raise Problem(f"{name} is larger than {MAX_BYTES} bytes; a plan is smaller", ExitCode.INVALID)
    return text


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found
