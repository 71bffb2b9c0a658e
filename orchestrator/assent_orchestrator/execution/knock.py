"""Telling whichever server walks a leg of a run that something happened to the run.

The durable engine's message waits until the leg is over. A leg in which a step goes on for long, and another one waits
for what just happened, has to hear of it at once, wherever it was answered.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from assent_orchestrator.audit.trail import CHANNEL


def topic_of(run_id: str) -> str:
    """Return what a leg of a run listens to: not the run itself, of which each of its own records is told."""
    return f"leg/{run_id}"


async def note_knock(tx: AsyncConnection, run_id: str) -> None:
    """Knock at all servers when the transaction is committed."""
    await tx.execute(sa.select(sa.func.pg_notify(CHANNEL, topic_of(run_id))))


@dataclass(frozen=True, slots=True)
class Knocks:
    """Knocks at all servers on one database."""

    engine: AsyncEngine

    async def knock(self, run_id: str) -> None:
        """Hint that something happened to a run. Losing a hint loses no truth, so that nothing is raised."""
        try:
            async with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as tx:
                await note_knock(tx, run_id)
        except (SQLAlchemyError, OSError):
            return  # who comes back to the database looks at the tables
