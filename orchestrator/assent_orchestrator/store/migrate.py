"""Brings the database to the form that this version of the software needs."""

import asyncio
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from assent_orchestrator.store.postgres import Database, DatabaseUnavailableError
from assent_orchestrator.store.role import look_after_role

_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x617373656E74  # "assent": two servers that start at once take turns
_PATIENCE = "120s"


async def migrate(database: Database) -> None:
    """Apply every revision that is missing, and look after the role of callers, in one transaction.

    Raises:
        DatabaseUnavailableError: a newer version of the software made the database, or it cannot be changed,
            or the role not be made.
    """
    await asyncio.to_thread(_migrate, database.url)


def _migrate(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            look_after_role(connection)
    except CommandError as error:
        raise DatabaseUnavailableError("The database was made by a newer version of Assent; upgrade.") from error
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseUnavailableError("The tables cannot be made; may this role create a schema?") from error
    finally:
        engine.dispose()
