from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assent_sidecar.catalogue.ledger import Ledger, Window

DATED: list[Window] = ["day", "week", "month"]
MOMENTS = st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis adds the zone
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]


def ledger(window: Window, zone: str = "UTC", per: str = "tenant") -> Ledger:
    return Ledger(title="t", owner="o", unit="EUR", limit="1.00", window=window, time_zone=zone, per=per)


@pytest.mark.requirement("orchestrator.ledger-windows")
@pytest.mark.parametrize(
    ("window", "zone", "moment", "period"),
    [
        ("day", "UTC", "2026-11-26T23:59:59.999999+00:00", "2026-11-26"),
        ("day", "Europe/Berlin", "2026-11-26T23:00:00+00:00", "2026-11-27"),
        ("day", "America/New_York", "2026-11-26T04:59:59+00:00", "2026-11-25"),
        ("week", "UTC", "2027-01-03T23:59:59+00:00", "2026-W53"),
        ("week", "UTC", "2027-01-04T00:00:00+00:00", "2027-W01"),
        ("month", "UTC", "2026-12-31T23:59:59+00:00", "2026-12"),
        ("month", "Europe/Berlin", "2026-12-31T23:00:00+00:00", "2027-01"),
        ("total", "UTC", "2026-12-31T23:59:59+00:00", "total"),
    ],
)
def test_a_moment_is_in_the_window_of_the_declared_time_zone(
    window: Window, zone: str, moment: str, period: str
) -> None:
    assert ledger(window, zone).period(datetime.fromisoformat(moment)) == period


@pytest.mark.requirement("orchestrator.ledger-windows")
@given(moment=MOMENTS, window=st.sampled_from(DATED), zone=st.sampled_from(ZONES))
def test_a_window_ends_exactly_where_the_next_one_begins(moment: datetime, window: Window, zone: str) -> None:
    one = ledger(window, zone)
    until = one.until(moment)
    assert until is not None
    assert until > moment
    assert one.period(until) != one.period(moment)
    before = datetime.fromtimestamp(until.timestamp() - 1, UTC)
    assert one.period(before) == one.period(moment)


def test_only_windows_of_time_end_by_themselves() -> None:
    now = datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))
    assert (ledger("total").until(now), ledger("run").until(now)) == (None, None)
    with pytest.raises(ValueError, match="no window of time"):
        ledger("run").period(now)


@pytest.mark.parametrize("per", ["", "customer", "input:", "input:account", "argument:/a~2", "tenant,agent"])
def test_for_whom_is_counted_is_a_word_or_a_pointer(per: str) -> None:
    with pytest.raises(ValidationError):
        ledger("day", per=per)


def test_a_ledger_may_count_a_few_actions_only() -> None:
    one = ledger("day").model_copy(update={"actions": ("crm.write",)})
    assert (one.counts("crm.write"), one.counts("crm.read"), ledger("day").counts("crm.read")) == (True, False, True)
