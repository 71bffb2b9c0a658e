"""The archive: letters in folders."""

from collections.abc import Mapping
from pathlib import Path

from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.system import Operation, Result, write_once

_SCHEMA = f"""
CREATE TABLE letter (
    id INTEGER PRIMARY KEY, folder TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL
) STRICT;
{ledger.SCHEMA}
"""


class Archive:
    """Letters, each put away once."""

    name = "archive"

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "archive.sqlite3", _SCHEMA, lambda _tx: None)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the archive does."""
        return {"put": Operation("Put a letter away", "write", self._put)}

    def _put(self, args: Arguments, key: str) -> Result:
        letter = args.text("folder"), args.text("title"), args.text("text")

        def put(tx: Connection) -> Result:
            query = "INSERT INTO letter (folder, title, content) VALUES (?, ?, ?) RETURNING id"
            return {"number": f"L-{tx.execute(query, letter).fetchone()['id']}"}

        return write_once(self.database, "put", args, key, put)
