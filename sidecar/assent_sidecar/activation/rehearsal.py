"""Rehearses a bundle on an engine of its own before it decides anything: nothing that decides is disturbed."""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from assent_sidecar.activation.report import Difference, RehearsalReport, differences_of, report_of
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.checks import CarriedCase, Checks
from assent_sidecar.bundle.contents import read_archive, write_archive
from assent_sidecar.bundle.manifest import SIGNATURES
from assent_sidecar.bundle.refusal import BundleNotKeptError
from assent_sidecar.bundle.strict import write_capabilities
from assent_sidecar.decision import Decided
from assent_sidecar.errors import ActivationError
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.opa.binary import Binary
from assent_sidecar.opa.memory import GO_VARIABLE, MEMORY_VARIABLE
from assent_sidecar.policy.inspection import QUERY_TIMEOUT, Inspection
from assent_sidecar.policy.report import Check, Outcome, Part
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar

_NICENESS = 10
"""What decides goes before what rehearses."""

_LONGEST = 120.0
"""Seconds that one rehearsal may take, whatever the bundle has in it: what is offered later waits for it."""

_PASSED_ON = (MEMORY_VARIABLE, GO_VARIABLE)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Rehearses with OPA ``binary``; of ``environ`` only how much memory an engine may take is looked at."""

    binary: Binary
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    niceness: int = _NICENESS
    longest: float = _LONGEST

    @property
    def engine_version(self) -> str:
        """On which OPA."""
        return self.binary.version

    async def __call__(self, bundle: Bundle, running: Bundle | None = None) -> RehearsalReport:
        """Rehearse ``bundle``; the cases of the ``running`` one are put to both. What is not over in time has failed.

        Raises:
            CommandError: OPA cannot be run.
            SidecarError: a second engine cannot be had.
            BundleNotKeptError: there is no room for its files: the disk is full, say.
        """
        try:
            return await self._report(bundle, running)
        except OSError as error:
            raise BundleNotKeptError(f"the bundle cannot be written down to be rehearsed: {error.strerror}") from error

    async def _report(self, bundle: Bundle, running: Bundle | None) -> RehearsalReport:
        began = time.perf_counter()
        if running is not None and running.revision == bundle.revision:
            running = None  # there is nothing to compare
        base = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="assent-rehearsal-"))
        try:
            async with asyncio.timeout(self.longest) as deadline:
                checks, differences = await self._rehearse(base, bundle, running)
        except TimeoutError:
            if not deadline.expired():
                raise
            detail = f"it was not over after {self.longest:g} s, and was ended"
            checks, differences = (
                [Check(Part.WORKSPACE, "the rehearsal is too long", Outcome.FAILED, detail=detail)],
                (),
            )
        finally:
            await asyncio.to_thread(shutil.rmtree, base, ignore_errors=True)
        golden = _golden(running)
        return report_of(
            bundle.revision,
            self.binary.version,
            checks,
            carried=bundle.carries,
            against=running.revision if running is not None else None,
            compared=len(golden),
            differences=differences,
            seconds=time.perf_counter() - began,
        )

    async def _rehearse(
        self, base: Path, bundle: Bundle, running: Bundle | None
    ) -> tuple[Sequence[Check], Sequence[Difference]]:
        carried = bundle.checks or Checks()
        inspection = Inspection(
            files=await asyncio.to_thread(read_archive, bundle.archive),
            tests=carried.tests,
            cases=carried.cases,
            binary=self.binary,
            folder=base / "content",
            capabilities=base / "capabilities.json",
            niceness=self.niceness,
        )
        await write_capabilities(inspection.capabilities, self.binary, niceness=self.niceness)
        sound = [check async for check in inspection.sound()]
        if any(check.outcome is Outcome.FAILED for check in sound):
            return sound, ()
        # Side by side: each waits for an OPA of its own.
        try:
            async with asyncio.TaskGroup() as group:
                declared = group.create_task(_all(inspection.declared()))
                tested = group.create_task(_all(inspection.tested()))
                decided = group.create_task(self._decide(base, inspection, bundle, running))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors  # the others were ended because of it
        cases, differences = decided.result()
        return [*sound, *declared.result(), *tested.result(), *cases], differences

    async def _decide(
        self, base: Path, inspection: Inspection, bundle: Bundle, running: Bundle | None
    ) -> tuple[Sequence[Check], Sequence[Difference]]:
        """Put the cases to a second engine: first under the running bundle, then under the new one."""
        golden = _golden(running)
        new = await asyncio.to_thread(_unsigned, bundle)
        first = await asyncio.to_thread(_unsigned, running) if running is not None else new
        try:
            async with self._engine(base, first) as engine:
                before = await _answers(engine.evaluator, golden)
                if first is not new:
                    await engine.activate(new)
                checks = [check async for check in inspection.decided(engine.evaluator)]
                after = await _answers(engine.evaluator, golden)
        except ActivationError as error:
            return [Check(Part.WORKSPACE, "OPA does not take it", Outcome.FAILED, detail=str(error))], ()
        found = zip(golden, before, after, strict=True)
        return checks, [one for case, old, now in found for one in differences_of(case.name, old, now)]

    @contextlib.asynccontextmanager
    async def _engine(self, base: Path, bundle: Bundle) -> AsyncIterator[Sidecar]:
        passed_on = {name: self.environ[name] for name in _PASSED_ON if name in self.environ}
        settings = SidecarSettings(
            state_dir=base / "engine",
            environ=passed_on,
            binary=self.binary,
            query_timeout=QUERY_TIMEOUT,
            niceness=self.niceness,
        )
        async with open_sidecar(settings, bundle) as sidecar:
            yield sidecar


def _unsigned(bundle: Bundle) -> Bundle:
    """Return the bundle for an engine that knows no keys; whether to believe it was decided before."""
    files = read_archive(bundle.archive)
    files.pop(SIGNATURES, None)
    return replace(bundle, archive=write_archive(files))


def _golden(running: Bundle | None) -> tuple[CarriedCase, ...]:
    return running.checks.cases if running is not None and running.checks is not None else ()


async def _answers(evaluator: Evaluator, cases: Sequence[CarriedCase]) -> Sequence[Decided]:
    return [await evaluator.decide(case.question, budget=QUERY_TIMEOUT) for case in cases]


async def _all(found: AsyncIterator[Check]) -> list[Check]:
    return [check async for check in found]
