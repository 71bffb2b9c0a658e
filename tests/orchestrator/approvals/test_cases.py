"""Every case of tests/cases/approvals, against a real server whose clock is moved."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.orchestrator.approvals.case import Case, read_cases
from tests.orchestrator.approvals.office import Office, open_office
from tests.orchestrator.approvals.player import Player

CASES = read_cases()


@dataclass
class Offices:
    """One office at a time: that of a file, with those of its cases that were chosen."""

    cases: tuple[Case, ...]
    folder: Callable[[], Path]
    opened: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    file: str = ""
    office: Office | None = None

    async def of(self, case: Case) -> Office:
        """Return the office that a case is played in: what is broken in one file breaks no case of another."""
        if self.office is None or self.file != case.file:
            await self.opened.aclose()
            self.file, self.office = case.file, None
            cases = tuple(one for one in self.cases if one.file == case.file)
            self.office = await self.opened.enter_async_context(open_office(self.folder(), cases))
        return self.office


@pytest.fixture(scope="module")
async def offices(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Offices]:
    chosen = {item.callspec.params["case"].slug for item in request.session.items if _plays(item)}  # type: ignore[attr-defined] # as it has parameters
    cases = tuple(case for case in CASES if case.slug in chosen)
    async with contextlib.AsyncExitStack() as opened:
        yield Offices(cases, lambda: tmp_path_factory.mktemp("office"), opened)


def _plays(item: pytest.Item) -> bool:
    return item.nodeid.partition("[")[0].endswith("approvals/test_cases.py::test_the_case")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file.removesuffix('.yaml')}: {case.name}")
async def test_the_case(case: Case, offices: Offices) -> None:
    failed = ""
    try:
        await Player(case, await offices.of(case)).play()
    except AssertionError as error:
        failed = str(error)
    if failed:
        pytest.fail(failed, pytrace=False)  # the message says all, and in the words of the case
