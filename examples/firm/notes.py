"""The notes: drafts that stay in the firm, and what of them was released to the client, each as a DOCX."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from firm.clause import KINDS
from firm.docx_file import render
from firm.note import draft
from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.errors import CallError
from tool_server.system import Operation, Result, write_once

_SCHEMA = f"""
CREATE TABLE note (
    id INTEGER PRIMARY KEY, matter TEXT NOT NULL, state TEXT NOT NULL, letter TEXT NOT NULL, internal TEXT NOT NULL
) STRICT;
CREATE TABLE document (
    id TEXT PRIMARY KEY, note INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, content BLOB NOT NULL
) STRICT;
{ledger.SCHEMA}
"""
_BREAK = "\n\n"


class Notes:
    """A note is ``draft``, then ``released`` or ``withdrawn``; its files are in the same transaction as its row."""

    name = "notes"

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "notes.sqlite3", _SCHEMA, lambda _tx: None)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the notes do."""
        return {
            "draft_note": Operation("Write the draft of a note", "write", self._draft_note),
            "release_note": Operation("Release the letter of a note to the client", "write", self._release_note),
            "withdraw_note": Operation("Withdraw a note", "write", self._withdraw_note),
        }

    def document(self, document: str, sha256: str) -> tuple[str, bytes]:
        """Return the file name and the content of a document.

        Raises:
            CallError: there is none of this content under this id.
        """
        with self.database.read() as tx:
            row = tx.execute("SELECT * FROM document WHERE id = ? AND sha256 = ?", (document, sha256)).fetchone()
        if row is None:
            raise CallError("NO_SUCH_DOCUMENT", "there is no such document with this content")
        return row["name"], row["content"]

    def _draft_note(self, args: Arguments, key: str) -> Result:
        matter, note = args.text("matter"), draft(args)
        content = render("Draft, for the firm only", [*note.letter.split(_BREAK), "# For the firm only", note.internal])

        def write(tx: Connection) -> Result:
            query = "INSERT INTO note (matter, state, letter, internal) VALUES (?, 'draft', ?, ?) RETURNING id"
            number = tx.execute(query, (matter, note.letter, note.internal)).fetchone()["id"]
            file = _keep(tx, number, "draft", content)
            return {"note": f"N-{number}", "letter": note.letter, "internal": note.internal, "document": file}

        return write_once(self.database, "draft_note", args, key, write)

    def _release_note(self, args: Arguments, key: str) -> Result:
        note, letter = args.text("note"), args.text("letter")
        args.words("kinds", choices=KINDS)
        args.whole("wrong_citations", least=0, most=1000)
        content = render("Our note", letter.split(_BREAK))

        def write(tx: Connection) -> Result:
            number = _move(tx, note, "released")
            tx.execute("UPDATE note SET letter = ? WHERE id = ?", (letter, number))
            return {"note": note, "letter": letter, "document": _keep(tx, number, "letter", content)}

        return write_once(self.database, "release_note", args, key, write)

    def _withdraw_note(self, args: Arguments, key: str) -> Result:
        note = args.text("note")

        def write(tx: Connection) -> Result:
            _move(tx, note, "withdrawn")
            return {"note": note, "state": "withdrawn"}

        return write_once(self.database, "withdraw_note", args, key, write)


def _move(tx: Connection, note: str, state: str) -> int:
    """Move a draft on; return its number."""
    query = "UPDATE note SET state = ? WHERE 'N-' || id = ? AND state = 'draft' RETURNING id"
    row = tx.execute(query, (state, note)).fetchone()
    if row is None:
        raise CallError("NO_SUCH_DRAFT", "there is no such draft, or it is none any more")
    return int(row["id"])


def _keep(tx: Connection, number: int, kind: str, content: bytes) -> dict[str, str]:
    digest = hashlib.sha256(content).hexdigest()
    document, name = f"D-{number}-{kind}", f"N-{number}-{kind}.docx"
    tx.execute("INSERT INTO document VALUES (?, ?, ?, ?, ?)", (document, number, name, digest, content))
    return {"document": document, "sha256": digest}
