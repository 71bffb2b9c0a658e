import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from assent_sidecar import evaluator
from assent_sidecar.decision import Decision
from assent_sidecar.question import Question
from assent_sidecar.schema import schemas, write
from tests.sidecar.engines import ROOT, question

COMMITTED = ROOT / "rego/assent/schemas"
README = (ROOT / "sidecar/README.md").read_text()


@pytest.mark.requirement("sidecar.schemas")
@pytest.mark.parametrize("name", ["question.json", "decision.json", "case.json"])
def test_the_committed_schema_is_what_the_models_say(name: str, tmp_path: Path) -> None:
    write(tmp_path)
    assert (COMMITTED / name).read_text() == (tmp_path / name).read_text(), (
        "write it anew: python -m assent_sidecar.schema rego/assent/schemas"
    )


@pytest.mark.requirement("sidecar.schemas")
@pytest.mark.parametrize("kind", ["action", "plan", "trial", "condition"])
def test_what_is_asked_is_what_the_schema_promises_to_policies(kind: str) -> None:
    schema = json.loads((COMMITTED / "question.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(question(kind).to_json())


def test_there_is_one_schema_for_each_document() -> None:
    assert {path.name for path in COMMITTED.iterdir()} == set(schemas())


@pytest.mark.requirement("sidecar.readme")
@pytest.mark.parametrize("model", [Question, Decision])
def test_the_readme_explains_every_field(model: type[Question] | type[Decision]) -> None:
    for name, field in model.model_fields.items():
        assert re.search(rf"^\| `{field.alias or name}`", README, re.MULTILINE), name


@pytest.mark.requirement("sidecar.readme")
def test_the_readme_has_a_row_for_every_failure_code() -> None:
    section = README.split("## When there is no decision")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)`", section, re.MULTILINE)) == set(evaluator._MESSAGES)
