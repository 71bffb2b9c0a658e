import re
from pathlib import Path

import pytest

from assent_sidecar.bundle.workspace import Manifest
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.ledger import Ledger, Ledgers
from assent_sidecar.catalogue.memory import Memory, MemoryClass
from assent_sidecar.catalogue.process import Compensation, Process, Step, Variation
from assent_sidecar.catalogue.system import Breaker, Operation, System
from assent_sidecar.model import Document
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.policy import cases
from assent_sidecar.policy.check import check_policies
from assent_sidecar.policy.report import Part
from assent_sidecar.retry import Attempts
from tests.sidecar.workspace_copies import SALES, copy_of, put

PAGE = (Path(__file__).parents[2] / "docs/workspace.md").read_text()
MODELS = [
    Manifest, System, Breaker, Operation, Agent, Process, Step, Compensation, Attempts, Variation, Ledgers, Ledger,
    Memory, MemoryClass,
    cases.Case, cases.CaseAction, cases.CasePlanStep, cases.CaseApproval, cases.CaseLedger, cases.CaseMemory,
    cases.Want,
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_on_the_page(model: type[Document]) -> None:
    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE)) + " question want name"))
    assert {field.alias or name for name, field in model.model_fields.items()} <= words


async def test_the_cases_on_the_page_pass(tmp_path: Path) -> None:
    root = copy_of(SALES, tmp_path)
    found = re.search(r"```yaml\n(- name: .*?)```", PAGE, re.DOTALL)
    assert found
    put(root, "cases/renewal.yaml", found[1])
    report = await check_policies(root, find_binary({}), only={Part.CASES})
    assert report.passed, report.text()
    assert len(report.checks) == 3


@pytest.mark.parametrize("name", re.findall(r"`data\.assent\.lib\.(\w+\.\w+)|`\.(\w+)\(", PAGE))
def test_every_function_on_the_page_is_in_the_library(name: tuple[str, str]) -> None:
    files = (Path(__file__).parents[2] / "rego/assent/lib").glob("*.rego")
    text = "\n".join(file.read_text() for file in files)
    function = (name[0] or name[1]).rpartition(".")[2]
    assert re.search(rf"^{function}\b", text, re.MULTILINE)
