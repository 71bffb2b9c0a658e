"""Checks a workspace as a whole before anything is decided by it: sound, formatted, its tests and its cases pass."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.build import Compiled, compile_workspace, pack
from assent_sidecar.bundle.command import CommandError, run
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.library import library_modules
from assent_sidecar.opa.binary import Binary
from assent_sidecar.policy.grants import granting
from assent_sidecar.policy.inspection import QUERY_TIMEOUT, Inspection
from assent_sidecar.policy.report import Check, Outcome, Part, PolicyReport
from assent_sidecar.sidecar import SidecarSettings, open_sidecar


async def check_policies(
    root: Path, binary: Binary, *, only: Collection[Part] | None = None, under: Bundle | None = None
) -> PolicyReport:
    """Check the workspace at ``root`` and report everything that was checked.

    ``opa check --strict`` and ``opa fmt`` look at every Rego file, tests included; ``opa inspect`` says what policies
    declare; ``opa test`` runs the workspace's tests and the library's over the bundle's own data; the YAML cases are
    decided by a real engine that serves the real bundle, through the evaluator that decides in production. ``only``
    leaves out other parts; a workspace that is not sound is always reported, and nothing else of it is checked then.
    ``under`` is the bundle of the organisation whose tenant this is: its tests and cases have to pass here, too.

    Raises:
        CommandError: OPA cannot be run.
        SidecarError: the engine that decides the cases cannot be had.
    """
    parts = tuple(part for part in Part if only is None or part in only or part is Part.WORKSPACE)
    try:
        async with compile_workspace(root, binary, under=under) as compiled:
            examination = _Examination(compiled, binary, _inspection(compiled, binary))
            checks = [check async for check in examination.part(Part.WORKSPACE)]
            if all(check.outcome is Outcome.PASSED for check in checks):
                for part in parts:
                    if part is not Part.WORKSPACE:
                        checks.extend([check async for check in examination.part(part)])
            doubts = granting(compiled.stage.files, compiled.stage.checks.cases) if Part.CASES in parts else ()
            return PolicyReport(tuple(checks), compiled.stage.revision, parts, doubts)
    except WorkspaceError as error:
        return PolicyReport(
            tuple(
                Check(Part.WORKSPACE, fault.reason, Outcome.FAILED, fault.file, fault.line, str(fault))
                for fault in error.faults
            ),
            None,
            parts,
        )


def _inspection(compiled: Compiled, binary: Binary) -> Inspection:
    tests = {**compiled.stage.checks.tests, **dict(library_modules(tests=True))}
    library = {path for path, _ in library_modules()}
    return Inspection(
        files=compiled.stage.files,
        tests={path: text for path, text in tests.items() if path not in library},
        cases=compiled.stage.checks.cases,
        binary=binary,
        folder=compiled.folder.with_name("tests"),
        capabilities=compiled.capabilities,
    )


@dataclass(frozen=True, slots=True)
class _Examination:
    """The parts of the check of one workspace that OPA accepted."""

    compiled: Compiled
    binary: Binary
    inspection: Inspection

    async def part(self, part: Part) -> AsyncIterator[Check]:
        """Run one part."""
        match part:
            case Part.WORKSPACE:
                found = self.inspection.sound()
            case Part.FORMAT:
                found = self._formatted()
            case Part.METADATA:
                found = self.inspection.declared()
            case Part.TESTS:
                found = self.inspection.tested()
            case Part.CASES:
                found = self._decided()
        async for check in found:
            yield check

    async def _formatted(self) -> AsyncIterator[Check]:
        files = sorted(
            policy.path.as_posix() for policy in (*self.compiled.workspace.policies, *self.compiled.workspace.tests)
        )
        if not files:
            return
        done = await run(self.binary, "fmt", "--list", *files, cwd=self.inspection.folder)
        if done.status != 0:
            raise CommandError(f"opa fmt failed: {done.stderr[:2000]}")
        unformatted = {line.strip() for line in done.stdout.decode().splitlines()}
        for file in files:
            outcome = Outcome.FAILED if file in unformatted else Outcome.PASSED
            written = self.compiled.workspace.root / file
            detail = f"not formatted: {self.binary.path} fmt --write {written}" if file in unformatted else ""
            yield Check(Part.FORMAT, file, outcome, file, detail=detail)

    async def _decided(self) -> AsyncIterator[Check]:
        if not self.inspection.cases:
            return
        settings = SidecarSettings(
            state_dir=self.inspection.folder.with_name("engine"),
            environ={},
            binary=self.binary,
            query_timeout=QUERY_TIMEOUT,
        )
        async with open_sidecar(settings, await pack(self.compiled)) as sidecar:
            async for check in self.inspection.decided(sidecar.evaluator):
                yield check
