"""Every case of tests/cases/approvals, against a real server whose clock is moved."""

from collections.abc import AsyncIterator

import pytest

from tests.orchestrator.approvals.case import Case, read_cases
from tests.orchestrator.approvals.office import Office, open_office
from tests.orchestrator.approvals.player import Player

CASES = read_cases()


@pytest.fixture(scope="module")
async def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """The office of those cases that were chosen: one whose policies are broken breaks only those it is played with."""
    chosen = {item.callspec.params["case"].slug for item in request.session.items if _plays(item)}  # type: ignore[attr-defined] # as it has parameters
    async with open_office(tmp_path_factory.mktemp("office"), tuple(one for one in CASES if one.slug in chosen)) as one:
        yield one


def _plays(item: pytest.Item) -> bool:
    return item.nodeid.partition("[")[0].endswith("approvals/test_cases.py::test_the_case")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file.removesuffix('.yaml')}: {case.name}")
async def test_the_case(case: Case, office: Office) -> None:
    failed = ""
    try:
        await Player(case, office).play()
    except AssertionError as error:
        failed = str(error)
    if failed:
        pytest.fail(failed, pytrace=False)  # the message says all, and in the words of the case
