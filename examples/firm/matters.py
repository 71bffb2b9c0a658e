"""The matters: who is who, what was flagged, what is left for a lawyer to do, and the log of what was done."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from firm.clause import KINDS
from firm.matter import MATTERS
from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.errors import CallError
from tool_server.system import Operation, Result, write_once

_SCHEMA = f"""
CREATE TABLE matter (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, contact TEXT NOT NULL, contact_email TEXT NOT NULL,
    contract TEXT NOT NULL, lawyer_id TEXT NOT NULL, lawyer TEXT NOT NULL
) STRICT;
CREATE TABLE flag (id INTEGER PRIMARY KEY, matter TEXT NOT NULL, item TEXT NOT NULL) STRICT;
CREATE TABLE task (
    id INTEGER PRIMARY KEY, matter TEXT NOT NULL, assignee TEXT NOT NULL, title TEXT NOT NULL, due_on TEXT NOT NULL
) STRICT;
CREATE TABLE entry (id INTEGER PRIMARY KEY, matter TEXT NOT NULL, text TEXT NOT NULL) STRICT;
{ledger.SCHEMA}
"""


class Matters:
    """Matter records with their log."""

    name = "matters"

    def __init__(self, folder: Path) -> None:
        def fill(tx: Connection) -> None:
            rows = (tuple(vars(matter).values()) for matter in MATTERS)
            tx.executemany("INSERT INTO matter VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

        self.database = Database(folder / "matters.sqlite3", _SCHEMA, fill)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the matter records do."""
        return {
            "get_matter": Operation("The record of a matter", "read", self._get_matter),
            "flag_items": Operation("Flag what is risky in a matter", "write", self._flag_items),
            "create_task": Operation("Give a lawyer a task", "write", self._create_task),
            "log_entry": Operation("Write into the log of a matter", "write", self._log_entry),
        }

    def _get_matter(self, args: Arguments, _key: str) -> Result:
        with self.database.read() as tx:
            row = _matter(tx, args)
        return {
            **{name: row[name] for name in ("client", "contract")},
            "matter": row["id"],
            "contact": {"name": row["contact"], "email": row["contact_email"]},
            "lawyer": {"id": row["lawyer_id"], "name": row["lawyer"]},
        }

    def _flag_items(self, args: Arguments, key: str) -> Result:
        kinds = args.words("kinds", choices=KINDS)
        wrong = args.whole("wrong_citations", least=0, most=1000)

        def flag(tx: Connection) -> Result:
            matter = _matter(tx, args)["id"]
            items = [*kinds, *(["wrong citations"] if wrong else [])]
            tx.executemany("INSERT INTO flag (matter, item) VALUES (?, ?)", ((matter, item) for item in items))
            return {"matter": matter, "flagged": len(items)}

        return write_once(self.database, "flag_items", args, key, flag)

    def _create_task(self, args: Arguments, key: str) -> Result:
        assignee, title = args.text("assignee"), args.text("title")
        days = args.whole("due_in_days", least=0, most=365)
        due = (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011 - an office's calendar day

        def create(tx: Connection) -> Result:
            query = "INSERT INTO task (matter, assignee, title, due_on) VALUES (?, ?, ?, ?) RETURNING id"
            number = tx.execute(query, (_matter(tx, args)["id"], assignee, title, due)).fetchone()["id"]
            return {"task_id": f"TASK-{number}", "assignee": assignee, "due_on": due}

        return write_once(self.database, "create_task", args, key, create)

    def _log_entry(self, args: Arguments, key: str) -> Result:
        text = args.text("text")

        def log(tx: Connection) -> Result:
            row = (_matter(tx, args)["id"], text)
            number = tx.execute("INSERT INTO entry (matter, text) VALUES (?, ?) RETURNING id", row).fetchone()["id"]
            return {"entry": f"E-{number}"}

        return write_once(self.database, "log_entry", args, key, log)


def _matter(tx: Connection, args: Arguments) -> dict[str, str]:
    row = tx.execute("SELECT * FROM matter WHERE id = ?", (args.text("matter"),)).fetchone()
    if row is None:
        raise CallError("NO_SUCH_MATTER", "there is no such matter")
    return dict(row)
