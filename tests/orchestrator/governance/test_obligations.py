"""How long is waited between attempts, and how many there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.governance.obligations import backoff, fewest
from assent_sidecar.retry import Attempts

RETRY = Attempts(max_attempts=9, backoff="1s", factor=2.0, max_backoff="10s")


@pytest.mark.requirement("orchestrator.retry-by-process")
@given(st.integers(1, 100), st.text(max_size=40), st.text(max_size=40))
def test_a_pause_is_from_half_to_all_of_the_back_off_and_never_another(attempt: int, run: str, row: str) -> None:
    whole = min(2.0 ** (attempt - 1), 10.0)
    pause = backoff(RETRY, attempt, run=run, row=row)
    assert whole / 2 <= pause <= whole
    assert pause == backoff(RETRY, attempt, run=run, row=row)


@pytest.mark.requirement("orchestrator.retry-by-process")
def test_what_failed_together_does_not_come_back_together() -> None:
    pauses = sorted(backoff(RETRY, 1, run=f"run-{n}", row="crm") for n in range(200))
    assert pauses[0] < 0.55
    assert pauses[-1] > 0.95


def test_of_two_the_fewer_attempts_hold() -> None:
    few = Attempts(max_attempts=2)
    assert fewest(RETRY, few) == few
    assert fewest(None, RETRY) == RETRY
    assert fewest(None, None) is None
