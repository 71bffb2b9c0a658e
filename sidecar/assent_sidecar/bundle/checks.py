"""The tests and cases that travel in a bundle: ``checks.json``, which OPA does not load and the signature covers.

OPA takes ``.rego`` and ``data.json`` out of an archive and leaves files of other names alone, but hashes every file.
One file of a name that means nothing to it holds them all, so that no name in it can mean something, either.
"""

import json
import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from assent_sidecar.bundle.filehash import read_object
from assent_sidecar.bundle.refusal import BundleMalformedError
from assent_sidecar.bundle.workspace import Workspace
from assent_sidecar.model import Document
from assent_sidecar.policy.cases import Want
from assent_sidecar.question import Question

CHECKS = "checks.json"

_TEST = re.compile(r"policies(/[a-z][a-z0-9_-]{0,62})+/[a-z][a-z0-9_-]{0,62}_test\.rego")


class CarriedCase(Document):
    """A case with its question completed, and where it is written in the workspace."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    file: Annotated[str, StringConstraints(max_length=300)]
    line: Annotated[int, Field(ge=1)]
    question: Question
    want: Want


class Checks(Document):
    """What a bundle must pass before it comes into force: Rego tests by their path, and cases."""

    version: Annotated[Literal["assent.checks/v1"], Field(alias="schema")] = "assent.checks/v1"
    tests: dict[str, str] = Field(default_factory=dict)
    cases: tuple[CarriedCase, ...] = ()

    def under(self, org: "Checks") -> "Checks":
        """Return these and the organisation's: what a tenant's bundle must pass."""
        return Checks(tests=org.tests | self.tests, cases=(*org.cases, *self.cases))


def checks_of(workspace: Workspace) -> Checks:
    """Return the tests and cases that people wrote in a workspace."""
    return Checks(
        tests={test.path.as_posix(): test.text for test in workspace.tests},
        cases=tuple(
            CarriedCase(name=one.case.name, file=one.file, line=one.line, question=one.question, want=one.case.want)
            for one in workspace.cases
        ),
    )


def write_checks(checks: Checks) -> bytes:
    """Return the content of the file; the same checks give the same bytes."""
    return json.dumps(checks.to_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def read_checks(content: bytes) -> Checks:
    """Read the file, which may come from anywhere.

    Raises:
        BundleMalformedError: it holds something else, or a test that would be written somewhere else.
    """
    try:
        checks = Checks.from_json(read_object(CHECKS, content))
    except ValidationError as error:
        raise BundleMalformedError(f"{CHECKS} cannot be read ({error.error_count()} faults)") from error
    for path in checks.tests:
        if not _TEST.fullmatch(path):
            raise BundleMalformedError(f"{CHECKS} names {path[:200]!r}, which is no test of a policy")
    return checks
