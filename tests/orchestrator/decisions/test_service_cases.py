import pytest

from tests.orchestrator.decisions.service_case import Course, read_cases
from tests.orchestrator.decisions.services import declared_with, open_firm

CASES = read_cases()


@pytest.mark.requirement("orchestrator.services-ask")
def test_there_are_as_many_cases_as_were_promised():
    assert len(CASES) >= 15
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}: {case['name']}")
async def test_case(case, database, listener, fresh_tenant):
    declared = declared_with(case.get("limits"), args=case.get("args"), labels=case.get("labels"))
    async with open_firm(database, listener, fresh_tenant, declared) as firm:
        course = Course(firm, *await firm.begin(**case.get("plan", {})))
        for step in case["do"]:
            await course.do(step)
        assert await firm.further(course.run) == case["trail"]
        await course.end()
