"""The contract as JSON Schema (2020-12), for Rego's type checker and for whoever writes policy cases.

``python -m assent_sidecar.schema FOLDER`` writes ``question.json``, ``decision.json`` and ``case.json`` there; a test
compares the committed ones (``rego/assent/schemas``) with what the models say.
"""

import json
import sys
from pathlib import Path

from assent_sidecar.decision import Decision
from assent_sidecar.model import Json
from assent_sidecar.policy.cases import CaseFile
from assent_sidecar.question import Question

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, Json]:
    """Return the schemas by file name.

    The question is as policies read it, the decision as the sidecar accepts it, the case (a whole file of ``cases/``)
    as people write it.
    """
    return {
        "question.json": {"$schema": _DIALECT, **Question.model_json_schema(mode="serialization")},
        "decision.json": {"$schema": _DIALECT, **Decision.model_json_schema(mode="validation")},
        "case.json": {"$schema": _DIALECT, **CaseFile.model_json_schema(mode="validation")},
    }


def write(folder: Path) -> None:
    """Write each schema to its file in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        (folder / name).write_text(f"{json.dumps(schema, indent=2, sort_keys=True)}\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
