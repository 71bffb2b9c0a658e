"""What cannot be reported on."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from assent_orchestrator.approvals.report import Span
from assent_orchestrator.approvals.reports import ApprovalReports
from assent_orchestrator.caller import Authn, Caller, Role
from assent_orchestrator.clock import utc_now
from assent_orchestrator.errors import InvalidError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NO_DATABASE = cast("AsyncEngine", None)


@pytest.mark.requirement("orchestrator.approvals-report")
@pytest.mark.parametrize("after", [timedelta(0), timedelta(hours=1)])
async def test_a_time_that_ends_before_it_begins_is_refused_as_what_it_is(after: timedelta) -> None:
    auditor = Caller(tenant="default", id="olga", roles=frozenset({Role.AUDITOR}), authn=Authn.TOKEN)
    with pytest.raises(InvalidError) as refused:
        await ApprovalReports(NO_DATABASE, utc_now).report(auditor, Span(start=NOON + after, end=NOON))
    assert (refused.value.code, [one.code for one in refused.value.faults]) == (
        "INVALID_REQUEST",
        ["ENDS_BEFORE_IT_BEGINS"],
    )
