"""What can be checked of a bundle, wherever it comes from: strictly compiled, declared, its tests and cases passed.

`assent policy test` looks at a workspace with it, and the rehearsal at a bundle that is about to come into force.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assent_sidecar.bundle.checks import CHECKS, CarriedCase
from assent_sidecar.bundle.command import CommandError, run
from assent_sidecar.bundle.manifest import MANIFEST, SIGNATURES
from assent_sidecar.bundle.stage import write
from assent_sidecar.bundle.strict import allowed, check_strictly
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.model import Json
from assent_sidecar.opa.binary import Binary
from assent_sidecar.policy.declared import declared
from assent_sidecar.policy.difference import compare
from assent_sidecar.policy.report import Check, Outcome, Part

QUERY_TIMEOUT = 10.0
"""Seconds that one case may take; what a policy may take in production is another matter."""

_TIMEOUTS = 3
"""After how many cases that were not decided in time the rest is not tried any more."""

_EXPLAINED = 10
"""How many failed tests are run again to show why; the rest fail for the same reason more often than not."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The checks of one bundle.

    ``files`` is its content, ``tests`` and ``cases`` are what it must pass. ``folder`` does not exist yet; it gets the
    content together with the tests. ``capabilities`` is the file that says what policies may use, ``niceness`` how far
    OPA stands back behind other processes.
    """

    files: Mapping[str, bytes] = field(repr=False)
    tests: Mapping[str, str] = field(repr=False)
    cases: Sequence[CarriedCase] = field(repr=False)
    binary: Binary
    folder: Path
    capabilities: Path
    niceness: int = 0

    async def sound(self) -> AsyncIterator[Check]:
        """Compile everything strictly, tests included; do this first, what follows needs its files.

        Raises:
            CommandError: OPA cannot be run.
        """
        # Without the manifest, whose roots have no room for the packages of tests.
        files = {path: text for path, text in self.files.items() if path not in {MANIFEST, SIGNATURES, CHECKS}}
        added = {path: text.encode() for path, text in self.tests.items()}
        hidden = sorted(files.keys() & added.keys())
        for path in hidden:
            yield Check(
                Part.WORKSPACE, "a test has the name of a policy", Outcome.FAILED, path, 1, "rename one of them"
            )
        if hidden:
            return
        await asyncio.to_thread(write, self.folder, files | added)
        errors = await check_strictly(self.folder, self.capabilities, self.binary, niceness=self.niceness)
        for error in errors:
            yield Check(Part.WORKSPACE, error.message, Outcome.FAILED, error.file, error.line, error.message)
        if not errors:
            yield Check(Part.WORKSPACE, "every file can be used", Outcome.PASSED)

    async def declared(self) -> AsyncIterator[Check]:
        """Look whether the policies say what they are, and whether there is a default.

        Raises:
            CommandError: OPA cannot be run.
        """
        texts = {path: text.decode(errors="replace") for path, text in self.files.items() if path.endswith(".rego")}
        base = self.folder.with_name(f"{self.folder.name}-rego")
        await asyncio.to_thread(write, base, {path: text.encode() for path, text in texts.items()})
        for check in await declared(texts, base, self.binary, niceness=self.niceness):
            yield check

    async def tested(self) -> AsyncIterator[Check]:
        """Run the tests over the bundle's own data.

        Raises:
            CommandError: OPA cannot be run.
        """
        if not self.tests:
            return
        limits = allowed(self.capabilities)
        arguments = ("test", "--bundle", "--format", "json", *limits, ".")
        done = await run(self.binary, *arguments, cwd=self.folder, niceness=self.niceness)
        try:
            tests = json.loads(done.stdout)
        except ValueError as error:
            raise CommandError(f"opa test failed: {done.stderr[:2000]}") from error
        explained = 0
        for test in tests or ():
            failed = bool(test.get("fail") or test.get("error"))
            detail = ""
            if failed and explained < _EXPLAINED:
                explained += 1
                detail = await self._explain(test)
            yield Check(
                Part.TESTS,
                f"{test['package'].removeprefix('data.')}.{test['name']}",
                Outcome.FAILED if failed else Outcome.SKIPPED if test.get("skip") else Outcome.PASSED,
                test["location"]["file"].removeprefix("./"),
                test["location"]["row"],
                detail or ("the test failed" if failed else ""),
                test.get("duration", 0) / 1e9,
            )

    async def decided(self, evaluator: Evaluator) -> AsyncIterator[Check]:
        """Have the cases decided by an engine that has this very bundle in force."""
        timeouts = 0
        for case in self.cases:
            if timeouts == _TIMEOUTS:
                late = f"{_TIMEOUTS} cases before it were not decided within {QUERY_TIMEOUT:g} s"
                detail = f"not tried, nor were those after it: {late}"
                yield Check(Part.CASES, case.name, Outcome.FAILED, case.file, case.line, detail)
                return
            started = time.perf_counter()
            found = await evaluator.decide(case.question, budget=QUERY_TIMEOUT)
            timeouts += found.fault and "ENGINE_TIMEOUT" in found.codes
            differences = compare(case.want, found)
            yield Check(
                Part.CASES,
                case.name,
                Outcome.FAILED if differences else Outcome.PASSED,
                case.file,
                case.line,
                "\n".join(differences),
                time.perf_counter() - started,
            )

    async def _explain(self, test: Json) -> str:
        """Run one failed test again and return what OPA shows of it: the lines that failed, with values."""
        name = f"^{re.escape(test['package'])}\\.{re.escape(test['name'])}$"
        limits = allowed(self.capabilities)
        arguments = ("test", "--bundle", "--var-values", "--run", name, *limits, ".")
        done = await run(self.binary, *arguments, cwd=self.folder, niceness=self.niceness)
        return done.stdout.decode(errors="replace").strip()[:4000]
