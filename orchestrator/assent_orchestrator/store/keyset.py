"""Lists by a moment and an id, in pages (AIP-158): what comes meanwhile moves no page's edge."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.page import Page, page_size, read_moment, read_token, write_token

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Window:
    """One page of a list: so many items after a position, None for the beginning."""

    moment: sa.Column[datetime]
    id: sa.Column[str]
    newest_first: bool
    size: int
    after: tuple[datetime, str] | None

    async def read(
        self, tx: AsyncConnection, query: sa.Select[Any], make: Callable[[sa.RowMapping], Item]
    ) -> Page[Item]:
        """Return the page of a query that selects both columns; ``make`` turns a row into an item."""
        order = (self.moment, self.id)
        if self.after is not None:
            seen = sa.tuple_(*map(sa.literal, self.after))
            query = query.where(sa.tuple_(*order) < seen if self.newest_first else sa.tuple_(*order) > seen)
        query = query.order_by(*(column.desc() for column in order) if self.newest_first else order)
        rows = (await tx.execute(query.limit(self.size + 1))).mappings().all()
        last = rows[self.size - 1] if len(rows) > self.size else None
        more = write_token(last[self.moment.name].isoformat(), last[self.id.name]) if last is not None else ""
        return Page([make(row) for row in rows[: self.size]], more)


def window(
    moment: sa.Column[datetime], identifier: sa.Column[str], *, size: int, token: str, newest_first: bool = True
) -> Window:
    """Return the page that a caller asks for, by how many (0 lets us choose) and the token of the page before.

    Raises:
        InvalidError: the token is not one of ours.
    """
    position = read_token(token, 2)
    after = (read_moment(position[0]), position[1]) if position is not None else None
    return Window(moment, identifier, newest_first, page_size(size), after)
