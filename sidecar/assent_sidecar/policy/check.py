"""Checks a workspace as a whole before anything is decided by it: sound, formatted, its tests and its cases pass."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

from assent_sidecar.bundle.build import Compiled, compile_workspace, pack
from assent_sidecar.bundle.command import CommandError, run
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.library import library_modules
from assent_sidecar.bundle.manifest import MANIFEST
from assent_sidecar.bundle.stage import write
from assent_sidecar.bundle.strict import allowed, check_strictly
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.model import Json
from assent_sidecar.opa.binary import ALLOW_VARIABLE, BINARY_VARIABLE, Binary
from assent_sidecar.policy.difference import compare
from assent_sidecar.policy.report import Check, Outcome, Part, PolicyReport
from assent_sidecar.sidecar import SidecarSettings, open_sidecar

_QUERY_TIMEOUT = 10.0
"""Seconds that one case may take; what a policy may take in production is another matter."""

_EXPLAINED = 10
"""How many failed tests are run again to show why; the rest fail for the same reason more often than not."""


async def check_policies(root: Path, binary: Binary, *, only: Collection[Part] | None = None) -> PolicyReport:
    """Check the workspace at ``root`` and report everything that was checked.

    ``opa check --strict`` and ``opa fmt`` look at every Rego file, tests included; ``opa test`` runs the workspace's
    tests and the library's over the bundle's own data; the YAML cases are decided by a real engine that serves the
    real bundle, through the evaluator that decides in production. ``only`` leaves out other parts; a workspace that
    is not sound is always reported, and nothing else of it is checked then.

    Raises:
        CommandError: OPA cannot be run.
        SidecarError: the engine that decides the cases cannot be had.
    """
    parts = tuple(part for part in Part if only is None or part in only or part is Part.WORKSPACE)
    try:
        async with compile_workspace(root, binary) as compiled:
            inspection = _Inspection(compiled, binary, compiled.folder.with_name("tests"))
            checks = [check async for check in inspection.workspace()]
            if all(check.outcome is Outcome.PASSED for check in checks):
                for part in parts:
                    checks.extend([check async for check in inspection.part(part)])
            return PolicyReport(tuple(checks), compiled.stage.revision, parts)
    except WorkspaceError as error:
        return PolicyReport(
            tuple(
                Check(Part.WORKSPACE, fault.reason, Outcome.FAILED, fault.file, fault.line, str(fault))
                for fault in error.faults
            ),
            None,
            parts,
        )


@dataclass(frozen=True, slots=True)
class _Inspection:
    """The checks of one workspace that OPA accepted; ``folder`` gets the bundle's content together with the tests."""

    compiled: Compiled
    binary: Binary
    folder: Path

    async def workspace(self) -> AsyncIterator[Check]:
        """Check the tests as strictly as the policies."""
        files = dict(self.compiled.stage.files)
        del files[MANIFEST]  # its roots have no room for the packages of tests
        files |= {test.path.as_posix(): test.text.encode() for test in self.compiled.workspace.tests}
        files |= {path: text.encode() for path, text in library_modules(tests=True)}
        await asyncio.to_thread(write, self.folder, files)
        errors = await check_strictly(self.folder, self.compiled.capabilities, self.binary)
        for error in errors:
            yield Check(Part.WORKSPACE, error.message, Outcome.FAILED, error.file, error.line, error.message)
        if not errors:
            yield Check(Part.WORKSPACE, "every file can be used", Outcome.PASSED)

    async def part(self, part: Part) -> AsyncIterator[Check]:
        """Run one of the other parts."""
        match part:
            case Part.FORMAT:
                found = self._format()
            case Part.TESTS:
                found = self._tests()
            case Part.CASES:
                found = self._cases()
            case Part.WORKSPACE:
                return
        async for check in found:
            yield check

    async def _format(self) -> AsyncIterator[Check]:
        files = sorted(
            policy.path.as_posix() for policy in (*self.compiled.workspace.policies, *self.compiled.workspace.tests)
        )
        if not files:
            return
        done = await run(self.binary, "fmt", "--list", *files, cwd=self.folder)
        if done.status != 0:
            raise CommandError(f"opa fmt failed: {done.stderr[:2000]}")
        unformatted = {line.strip() for line in done.stdout.decode().splitlines()}
        for file in files:
            outcome = Outcome.FAILED if file in unformatted else Outcome.PASSED
            detail = f"not formatted: opa fmt --write {file}" if file in unformatted else ""
            yield Check(Part.FORMAT, file, outcome, file, detail=detail)

    async def _tests(self) -> AsyncIterator[Check]:
        limits = allowed(self.compiled.capabilities)
        done = await run(self.binary, "test", "--bundle", "--format", "json", *limits, ".", cwd=self.folder)
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

    async def _explain(self, test: Json) -> str:
        """Run one failed test again and return what OPA shows of it: the lines that failed, with values."""
        name = f"^{re.escape(test['package'])}\\.{re.escape(test['name'])}$"
        limits = allowed(self.compiled.capabilities)
        arguments = ("test", "--bundle", "--var-values", "--run", name, *limits, ".")
        done = await run(self.binary, *arguments, cwd=self.folder)
        return done.stdout.decode(errors="replace").strip()[:4000]

    async def _cases(self) -> AsyncIterator[Check]:
        if not self.compiled.workspace.cases:
            return
        bundle = await pack(self.compiled)
        settings = SidecarSettings(
            state_dir=self.folder.with_name("engine"),
            environ={BINARY_VARIABLE: str(self.binary.path), ALLOW_VARIABLE: self.binary.version},
            query_timeout=_QUERY_TIMEOUT,
        )
        async with open_sidecar(settings, bundle) as sidecar:
            async for check in self._decide(sidecar.evaluator):
                yield check

    async def _decide(self, evaluator: Evaluator) -> AsyncIterator[Check]:
        for written in self.compiled.workspace.cases:
            started = time.perf_counter()
            decided = await evaluator.decide(written.question, budget=_QUERY_TIMEOUT)
            differences = compare(written.case.want, decided)
            yield Check(
                Part.CASES,
                written.case.name,
                Outcome.FAILED if differences else Outcome.PASSED,
                written.file,
                written.line,
                "\n".join(differences),
                time.perf_counter() - started,
            )
