"""A database that is away for long: how long it takes until the durable engine notices that it is back."""

import random
import threading
import time
from typing import Any

import dbos._sys_db as dbos_sys_db
import pytest
from sqlalchemy.exc import OperationalError

from assent_orchestrator.execution import durable

LONGEST = 90.0
"""Seconds, as docs/operations.md has it."""


@pytest.mark.requirement("orchestrator.absence-is-bounded")
@pytest.mark.parametrize("luck", [0.0, 0.5, 1.0 - 1e-12])
def test_after_however_long_an_absence_the_engine_looks_again_within_the_time_that_the_docs_say(
    monkeypatch: pytest.MonkeyPatch, luck: float
) -> None:
    waited: list[float] = []
    # As an engine that is opened has it, whatever became of those of other tests.
    monkeypatch.setattr(dbos_sys_db, "retriable_postgres_exception", None)
    durable._wait_for_the_database(threading.Event())
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(random, "random", lambda: luck)

    class Engine:
        _is_sqlite = False

    @dbos_sys_db.db_retry()
    def ask(_engine: Any) -> str:
        if sum(waited) < 86_400:
            raise OperationalError("SELECT 1", {}, ConnectionRefusedError(), connection_invalidated=True)
        return "there"

    assert ask(Engine()) == "there"
    assert max(waited) <= LONGEST
