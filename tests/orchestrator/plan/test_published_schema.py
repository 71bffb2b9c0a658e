"""The JSON Schema of plans, for those who write them with an editor, is the one the model has."""

import json
from pathlib import Path

import pytest

from assent_orchestrator.plan.model import Plan

PUBLISHED = Path(__file__).parents[3] / "orchestrator" / "schemas" / "plan.json"
AGAIN = """.venv/bin/python - <<'E' > orchestrator/schemas/plan.json
import json
from assent_orchestrator.plan.model import Plan
print(json.dumps(Plan.model_json_schema(), indent=2, sort_keys=True))
E"""


@pytest.mark.requirement("orchestrator.plan-published-schema")
def test_the_published_schema_is_that_of_the_model():
    wanted = json.dumps(Plan.model_json_schema(), indent=2, sort_keys=True) + "\n"
    assert PUBLISHED.read_text(encoding="utf-8") == wanted, f"write it again:\n{AGAIN}"
