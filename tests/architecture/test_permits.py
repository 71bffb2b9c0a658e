"""A permit is the proof that an action was allowed. If two places could hand one out, neither would prove anything."""

import ast
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.architecture.tree import ORCHESTRATOR, inside, product, read

PERMIT = f"{ORCHESTRATOR}/governance/permit"
GATE = f"{ORCHESTRATOR}/governance/gate"
OUTSIDE = f"{ORCHESTRATOR}/governance/outside"
APP = f"{ORCHESTRATOR}/app"
GENERATED = "assent.v1."
COPIES = {"replace", "copy", "deepcopy", "__new__", "model_construct"}


def called(function: ast.expr) -> str:
    """Return the last name of what is called: ``Permit`` in ``permit.Permit(...)``."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def makes(class_name: str) -> Callable[[ast.Call, dict[str, str]], bool]:
    """Return what tells that a call makes an instance: under another name too, by a class method or by a copy too."""
    variable = class_name.lower()

    def tells(call: ast.Call, aliases: dict[str, str]) -> bool:
        name = called(call.func)
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if isinstance(owner, ast.Name) and aliases.get(owner.id, "").startswith(GENERATED):
            return False  # a message that tells of one: it signs nothing, and no tool call takes it
        if aliases.get(name, name) == class_name:
            return True
        if owner is not None and aliases.get(called(owner), called(owner)) == class_name:
            return True
        touched = [called(thing).lower().strip("_") for thing in [*call.args, *([owner] if owner else [])]]
        return name in COPIES and variable in touched

    return tells


def generated(tree: ast.AST) -> dict[str, str]:
    """Return the names that a file gives to generated modules, and to nothing else."""
    bound: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=names):
                for alias in names:
                    bound.setdefault(alias.asname or alias.name, set()).add(f"{module}.{alias.name}")
            case ast.Import(names=names):
                for alias in names:
                    bound.setdefault(alias.asname or alias.name, set()).add("")
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                bound.setdefault(name, set()).add("")
            case _:
                pass
    return {
        name: min(origins)
        for name, origins in bound.items()
        if len(origins) == 1 and min(origins).startswith(GENERATED) and min(origins).endswith("_pb2")
    }


def issues(call: ast.Call, aliases: dict[str, str]) -> bool:
    """Tell whether a call issues a permit: it names the digest, or asks the gate. Any other ``issue`` does neither."""
    del aliases
    owner = called(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    digest = "action_digest" in {keyword.arg for keyword in call.keywords}
    return called(call.func) == "issue" and (digest or owner.lower().strip("_") == "gate")


@dataclass(frozen=True)
class Right:
    what: str
    tells: Callable[[ast.Call, dict[str, str]], bool]
    rooms: tuple[str, ...]
    why: str

    def broken_by(self, name: str, source: str) -> list[str]:
        if any(inside(name, room) for room in self.rooms):
            return []
        tree = ast.parse(source)
        aliases = {
            alias.asname: alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.asname
        }
        aliases |= generated(tree)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and self.tells(node, aliases)]
        return [f"{name}:{call.lineno} {self.what}: {self.why}" for call in calls]


RIGHTS = [
    Right("makes a permit", makes("Permit"), (PERMIT,), "only what signs it makes it"),
    Right("issues a permit", issues, (GATE, OUTSIDE), "only the gate does, right beside the decision that it recorded"),
    Right("makes an issuer", makes("PermitIssuer"), (PERMIT, GATE, APP), "there is one, and app hands it to the gate"),
]


@pytest.mark.requirement("build.import-rules-are-tests")
@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.what)
def test_a_permit_comes_from_the_gate_alone(right: Right) -> None:
    broken = [found for name in product() for found in right.broken_by(name, read(name))]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    ("what", "source"),
    [
        ("makes a permit", "Permit(id=1)"),
        ("makes a permit", "from assent_orchestrator.governance.permit import Permit as P\nP(id=1)"),
        ("makes a permit", "permit.Permit(id=1)"),
        ("makes a permit", "wire.Permit(id=1)"),
        ("makes a permit", "from assent_orchestrator.governance import permit as wire\nwire.Permit(id=1)"),
        ("makes a permit", "from assent.v1 import permits_pb2 as wire\nwire = permit\nwire.Permit(id=1)"),
        ("makes a permit", "dataclasses.replace(permit, action_digest='x')"),
        ("makes a permit", "copy.replace(self.permit, step='x')"),
        ("makes a permit", "object.__new__(Permit)"),
        ("makes an issuer", "PermitIssuer(key)"),
        ("makes an issuer", "PermitIssuer.generate()"),
        ("issues a permit", "self.parts.gate.issue(action, decided, run, step, key)"),
        ("issues a permit", "self._issuer.issue(action_digest=digest, now=now)"),
    ],
)
def test_every_way_of_getting_one_is_seen(what: str, source: str) -> None:
    [right] = [right for right in RIGHTS if right.what == what]
    assert right.broken_by(f"{ORCHESTRATOR}/execution/attempt.py", source)


def test_asking_for_one_is_not_making_one() -> None:
    source = (
        "from assent.v1 import permits_pb2 as wire\nwire.Permit(name=name)\n"
        "def invoke(permit: Permit) -> None:\n    name.replace('a', 'b')\n    permit.check(digest, now)"
    )
    assert not [found for right in RIGHTS for found in right.broken_by(f"{ORCHESTRATOR}/tools/server.py", source)]
