"""What Rego files define, as OPA itself reads them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assent_sidecar.bundle.command import CommandError, run
from assent_sidecar.bundle.fault import WorkspaceFault
from assent_sidecar.bundle.library import library_root
from assent_sidecar.bundle.policies import RESERVED, PolicyFile, package_of
from assent_sidecar.bundle.workspace import Condition
from assent_sidecar.opa.binary import Binary

_QUERY = """modules := {file: {"package": package_, "heads": heads, "pretends": pretends} |
    some file, text in input
    module := rego.parse_module(file, text)
    package_ := [part.value | some place, part in module["package"].path; place > 0]
    heads := [head |
        some rule in object.get(module, "rules", [])
        head := {
            "name": rule.head.ref[0].value,
            "plain": count(rule.head.ref) == 1,
            "contains": object.get(rule.head, "key", null) != null,
            "value": object.get(rule.head, "value", null) != null,
            "function": object.get(rule.head, "args", null) != null,
            "default": object.get(rule, "default", false),
        }
    ]
    pretends := count([path | walk(module, [path, _]); path[count(path) - 1] == "with"]) > 0
}"""

CONDITIONS = "assent/conditions.rego"
"""The generated module: which rule answers for which ``when``."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one rule."""

    name: str
    plain: bool
    contains: bool
    value: bool
    function: bool
    default: bool

    @property
    def is_set(self) -> bool:
        """Whether the rule adds to a set: ``name contains ...``."""
        return self.plain and self.contains and not (self.value or self.function or self.default)

    @property
    def is_condition(self) -> bool:
        """Whether the rule has one value and takes no arguments."""
        return self.plain and not (self.contains or self.function)


@dataclass(frozen=True, slots=True)
class Module:
    """One Rego file: the parts of its package without ``data``, and the heads of its rules.

    ``pretends``: something in it is evaluated ``with`` another input, or with other data, than there is.
    """

    package: tuple[str, ...]
    heads: tuple[Head, ...]
    pretends: bool = False


async def read_modules(texts: Mapping[str, str], binary: Binary) -> dict[str, Module]:
    """Return what each file that is Rego defines; of others nothing, ``opa check`` says what they are.

    Raises:
        CommandError: OPA cannot be asked.
    """
    if not texts:
        return {}
    stdin = json.dumps(texts).encode()
    done = await run(binary, "eval", "--stdin-input", "--format", "json", _QUERY, cwd=library_root(), stdin=stdin)
    try:
        found = json.loads(done.stdout)["result"][0]["bindings"]["modules"]
        return {
            file: Module(tuple(one["package"]), tuple(Head(**head) for head in one["heads"]), bool(one["pretends"]))
            for file, one in found.items()
        }
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CommandError(f"opa eval did not read the policies: {done.stderr[:500]}") from error


async def read_policies(policies: Sequence[PolicyFile], binary: Binary) -> dict[str, Module]:
    """Return what each of these policies defines; raises as ``read_modules``."""
    return await read_modules({policy.path.as_posix(): policy.text for policy in policies}, binary)


def heads_of(modules: Mapping[str, Module]) -> dict[str, tuple[Head, ...]]:
    """Return the heads alone, by file."""
    return {file: module.heads for file, module in modules.items()}


def check_packages(policies: Sequence[PolicyFile], modules: Mapping[str, Module]) -> Iterator[WorkspaceFault]:
    """Yield files whose package, as OPA reads it, is not that of their place: line ends are no matter of taste."""
    for policy in policies:
        file = policy.path.as_posix()
        if file in modules and modules[file].package != (*policy.path.parts[:-1], policy.path.stem):
            reason = f"OPA reads another package in this file: expected {policy.package}, on a line of its own"
            yield WorkspaceFault(file, 1, reason)


def check_heads(policies: Sequence[PolicyFile], heads: Mapping[str, Sequence[Head]]) -> Iterator[WorkspaceFault]:
    """Yield rules that look like findings and would never be heard."""
    for policy in policies:
        file = policy.path.as_posix()
        for head in heads.get(file, ()):
            if head.name not in RESERVED:
                continue
            if not policy.is_asked:
                scope = "/".join(policy.path.parts[: 2 if policy.path.parts[1] == "org" else 3])
                reason = f"{head.name!r} is heard only from files directly in {scope}: elsewhere are helpers"
                yield WorkspaceFault(file, _line(policy.text, head), reason)
            elif not head.is_set:
                reason = f"{head.name!r} must be a set: {head.name} contains ... if ..."
                yield WorkspaceFault(file, _line(policy.text, head), reason)


def _line(text: str, head: Head) -> int:
    """Return the line of the first rule of that name that is (or is not) a set; OPA's reader tells no lines."""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.removeprefix("default ").split()
        named = bool(words) and re.split(r"\W", words[0])[0] == head.name
        if named and (words[:2] == [head.name, "contains"]) == head.is_set:
            return number
    return 1


def answer_conditions(
    conditions: Sequence[Condition], policies: Sequence[PolicyFile], heads: Mapping[str, Sequence[Head]]
) -> tuple[str, dict[int, Condition], tuple[WorkspaceFault, ...]]:
    """Write the module that knows which rules answer for ``when``.

    It names each rule, so that a condition can reach nothing else of its process, and a test may ask for decisions.

    Returns:
        The text of the module, the condition that each of its lines is about, and conditions without a rule.
    """
    lines = ["# Written by the build: the rules that the steps of processes name with `when`.", "package assent"]
    places: dict[int, Condition] = {}
    faults: list[WorkspaceFault] = []
    written: set[tuple[str, str]] = set()
    for condition in sorted(conditions, key=lambda one: (one.process, one.rule, one.line)):
        asked = [policy for policy in policies if policy.process == condition.process and policy.is_asked]
        found = [
            policy
            for policy in asked
            if any(head.name == condition.rule and head.is_condition for head in heads.get(policy.path.as_posix(), ()))
        ]
        if not found and all(policy.path.as_posix() in heads for policy in asked):
            reason = f"no policy in policies/process/{condition.process} has a rule {condition.rule!r}"
            faults.append(WorkspaceFault(condition.file, condition.line, reason))
        if (condition.process, condition.rule) in written:
            continue
        written.add((condition.process, condition.rule))
        for policy in found:
            rule = package_of((*policy.path.parts[:-1], policy.path.stem, condition.rule))
            head = f'conditions["{condition.process}"]["{condition.rule}"]'
            lines.extend(("", f"{head} if data.{rule} == true"))
            places[len(lines)] = condition
    return "\n".join(lines) + "\n", places, tuple(faults)
