"""Candidates are asked what is asked live, so they may tell nobody."""

from pathlib import Path

import pytest

from assent_orchestrator.app.shadowing import open_candidate
from assent_sidecar.errors import ActivationError
from assent_sidecar.sidecar import SidecarSettings
from tests.sidecar.engines import bundle_of_library, question

GRANT = 'import rego.v1\n\nallow contains {"code": "FINE"} if input.kind == "action"\n'
TELLS = [
    'import rego.v1\n\nallow contains {"code": "TOLD"} if http.send({"url": "http://127.0.0.1:9", "body": input})',
    'import rego.v1\n\nallow contains {"code": "READ"} if opa.runtime().env.HOME',
]


@pytest.mark.requirement("shadow.is-believed-like-any-bundle")
@pytest.mark.parametrize("policy", TELLS, ids=["a host", "the environment"])
async def test_a_candidate_that_looks_outside_is_asked_nothing(tmp_path: Path, policy: str) -> None:
    with pytest.raises(ActivationError, match=r"policies/org/one\.rego.*is not there for policies"):
        async with open_candidate(SidecarSettings(tmp_path, {}, shadow="s1"), bundle_of_library(f"{policy}\n")):
            pass


@pytest.mark.requirement("shadow.is-believed-like-any-bundle")
async def test_a_candidate_that_does_not_is_asked(tmp_path: Path) -> None:
    async with open_candidate(SidecarSettings(tmp_path, {}, shadow="s1"), bundle_of_library(GRANT)) as candidate:
        decided = await candidate.decide(question(), budget=20)
    assert (decided.verdict, decided.codes) == ("allow", ("FINE",))
