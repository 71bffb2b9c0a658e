"""One live server for each executor name on a database."""

import pytest

from assent_orchestrator.errors import ExecutorError
from assent_orchestrator.store import seat
from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database


@pytest.mark.requirement("bad-input.two-servers-on-one-folder")
async def test_a_second_server_of_a_name_is_refused_with_what_to_do_and_may_have_it_when_the_first_is_gone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat, "_LINGERING", 0.5)
    await migrate(database)
    async with seat.take_seat(database.sync_url, "twins"), seat.take_seat(database.sync_url, "another"):
        with pytest.raises(ExecutorError, match="'twins' runs on this database already; stop it, or give this one"):
            async with seat.take_seat(database.sync_url, "twins"):
                raise AssertionError
    async with seat.take_seat(database.sync_url, "twins") as taken:
        assert taken.held
