import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from assent_orchestrator.errors import AssentError, InvalidError
from assent_orchestrator.server.status import code_of

ERRORS = Path(__file__).resolve().parents[3] / "docs" / "errors.md"
ROOMS = (
    "amendments",
    "approvals",
    "audit",
    "decisions",
    "execution",
    "governance",
    "memory",
    "plan",
    "server",
    "shadows",
    "store",
    "tools",
)


def kinds(base: type[AssentError]) -> set[type[AssentError]]:
    return {base}.union(*(kinds(kind) for kind in base.__subclasses__()))


@pytest.mark.requirement("orchestrator.errors-are-documented")
def test_every_reason_that_an_error_can_have_is_documented_with_its_status():
    for room in ROOMS:
        package = importlib.import_module(f"assent_orchestrator.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \| ([A-Z_]+) \|", ERRORS.read_text(encoding="utf-8"), re.MULTILINE))
    raised = {"INVALID_PLAN": "INVALID_ARGUMENT", "INTERNAL": "INTERNAL"}
    for kind in kinds(AssentError):
        error = kind("", ()) if issubclass(kind, InvalidError) else kind("")
        code = code_of(error)
        if code is not None:
            raised[kind.code] = code.name
    assert documented == raised


def test_every_reason_in_the_source_is_in_the_documents():
    source, documents = ERRORS.parents[1] / "orchestrator" / "assent_orchestrator", ERRORS.parent.glob("*.md")
    told = "\n".join(path.read_text(encoding="utf-8") for path in documents)
    written = re.compile(r'"([A-Z]+(?:_[A-Z]+)+|CANCELLED|PAUSED|DENIED|STOPPED|INTERNAL)"')
    codes = {
        code
        for room in (
            "amendments",
            "approvals",
            "decisions",
            "execution",
            "governance",
            "memory",
            "plan",
            "shadows",
            "tools",
        )
        for path in (source / room).rglob("*.py")
        for code in written.findall(path.read_text(encoding="utf-8"))
    }
    assert {"MISSING_VALUE", "TOOL_TIMEOUT", "LEDGER_EXHAUSTED"} <= codes
    assert sorted(code for code in codes if f"`{code}`" not in told) == []
