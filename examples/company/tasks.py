"""Task management: what colleagues are told and what they have to do."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.system import Operation, Result, write_once

_SCHEMA = f"""
CREATE TABLE task (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, assignee TEXT NOT NULL, title TEXT NOT NULL, due_on TEXT NOT NULL
) STRICT;
CREATE TABLE notification (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, recipient TEXT NOT NULL, message TEXT NOT NULL
) STRICT;
{ledger.SCHEMA}
"""


class Tasks:
    """Tasks and notifications of colleagues."""

    name = "tasks"

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "tasks.sqlite3", _SCHEMA, lambda _tx: None)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What task management does."""
        return {
            "create_task": Operation("Give a colleague a task", "write", self._create_task),
            "notify": Operation("Tell a colleague", "write", self._notify),
        }

    def _create_task(self, args: Arguments, key: str) -> Result:
        account, assignee, title = args.text("account"), args.text("assignee"), args.text("title")
        days = args.whole("due_in_days", least=0, most=365)
        due = (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011 - an office's calendar day

        def create(tx: Connection) -> Result:
            row = (account, assignee, title, due)
            query = "INSERT INTO task (account, assignee, title, due_on) VALUES (?, ?, ?, ?) RETURNING id"
            number = tx.execute(query, row).fetchone()["id"]
            return {"task_id": f"TASK-{number}", "assignee": assignee, "due_on": due}

        return write_once(self.database, "create_task", args, key, create)

    def _notify(self, args: Arguments, key: str) -> Result:
        account, recipient, message = args.text("account"), args.text("recipient"), args.text("message")

        def notify(tx: Connection) -> Result:
            row = (account, recipient, message)
            query = "INSERT INTO notification (account, recipient, message) VALUES (?, ?, ?) RETURNING id"
            return {"notification_id": f"N-{tx.execute(query, row).fetchone()['id']}", "recipient": recipient}

        return write_once(self.database, "notify", args, key, notify)
