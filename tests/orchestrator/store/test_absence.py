"""What says that the database is away, and what says that something is wrong with what was asked of it."""

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from assent_orchestrator.audit.trail import AuditUnavailableError, Trail
from assent_orchestrator.store.absence import is_away
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.store.tables import executors


def told(error: psycopg.Error) -> sa.exc.DBAPIError:
    """The error as SQLAlchemy passes it on."""
    found = sa.exc.DBAPIError.instance("SELECT 1", {}, error, psycopg.Error)
    assert isinstance(found, sa.exc.DBAPIError)
    return found


AWAY = (
    psycopg.OperationalError("no state: nobody listens"),
    psycopg.InterfaceError("the connection is closed"),
    errors.AdminShutdown(),
    errors.DiskFull(),
    errors.TooManyConnections(),
    errors.ReadOnlySqlTransaction(),
    errors.QueryCanceled(),
    errors.DeadlockDetected(),
    errors.IoError(),
    errors.ConnectionFailure(),
)
WRONG = (
    errors.UniqueViolation(),
    errors.ForeignKeyViolation(),
    errors.UndefinedTable(),
    errors.SyntaxError(),
    errors.NumericValueOutOfRange(),
    errors.InFailedSqlTransaction(),
)


@pytest.mark.requirement("orchestrator.poison-run-rests")
@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_the_database_is_away(error: psycopg.Error) -> None:
    assert is_away(error)
    assert is_away(told(error))


@pytest.mark.requirement("orchestrator.poison-run-rests")
@pytest.mark.parametrize("error", WRONG, ids=lambda error: type(error).__name__)
def test_something_is_wrong_with_what_was_asked(error: psycopg.Error) -> None:
    assert not is_away(error)
    assert not is_away(told(error))


def test_no_connection_is_to_be_had_or_no_row_is_found() -> None:
    assert is_away(sa.exc.TimeoutError("the pool is empty"))
    assert is_away(ConnectionResetError())
    assert not is_away(sa.exc.NoResultFound())
    assert not is_away(ValueError())


@pytest.mark.requirement("orchestrator.poison-run-rests")
async def test_a_constraint_that_is_broken_while_recording_is_not_the_trail_being_away(
    trail: Trail, database: Database, fresh_tenant: str
) -> None:
    twice = [{"name": fresh_tenant}, {"name": fresh_tenant}]

    async def record(*, read_only: bool) -> None:
        async with trail.recording() as tx:
            if read_only:
                await tx.execute(sa.text("SET TRANSACTION READ ONLY"))
            await tx.execute(sa.insert(executors), twice)

    with pytest.raises(sa.exc.IntegrityError):
        await record(read_only=False)
    with pytest.raises(AuditUnavailableError):
        await record(read_only=True)
    async with database.engine.connect() as tx:
        named = sa.select(executors).where(executors.c.name == fresh_tenant)
        assert (await tx.execute(named)).one_or_none() is None
