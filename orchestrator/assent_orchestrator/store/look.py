"""A look at the database as it was at one moment, however many statements it takes."""

from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


def one_look(engine: AsyncEngine) -> AbstractAsyncContextManager[AsyncConnection]:
    """Return a connection that only reads: what others commit meanwhile is not seen by its later statements either."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True).connect()
