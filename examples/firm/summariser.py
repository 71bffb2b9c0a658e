"""The summariser: which clauses a contract has. Patterns by default; a model behind the same operation is a drop-in."""

from collections.abc import Mapping
from pathlib import Path

from firm.clause import clauses_of
from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Database
from tool_server.system import Operation, Result


class Summariser:
    """Clauses with their kinds and their own words; nothing of a text is followed, it is only read."""

    name = "summariser"

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "summariser.sqlite3", ledger.SCHEMA, lambda _tx: None)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the summariser does."""
        return {"summarise": Operation("Key clauses of a contract", "read", self._summarise)}

    def _summarise(self, args: Arguments, _key: str) -> Result:
        clauses = list(clauses_of(args.text("text")))
        kinds = list(dict.fromkeys(clause.kind for clause in clauses))
        return {
            "summary": f"{len(clauses)} clauses of {len(kinds)} kinds",
            "kinds": kinds,
            "clauses": [
                {"heading": f"{one.number}. {one.heading}", "kind": one.kind, "quote": one.quote} for one in clauses
            ],
        }
