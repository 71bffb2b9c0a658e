"""Document management: the contracts that clients sent, as the other side wrote them."""

from collections.abc import Mapping
from pathlib import Path

from firm.corpus import read
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.errors import CallError
from tool_server.system import Operation, Result

_SCHEMA = """
CREATE TABLE contract (id TEXT PRIMARY KEY, title TEXT NOT NULL, counterparty TEXT NOT NULL, text TEXT NOT NULL) STRICT
"""


class Documents:
    """Contracts by id."""

    name = "documents"

    def __init__(self, folder: Path) -> None:
        def fill(tx: Connection) -> None:
            rows = ((one.id, one.facts["title"], one.facts["counterparty"], one.text) for one in read("contracts"))
            tx.executemany("INSERT INTO contract VALUES (?, ?, ?, ?)", rows)

        self.database = Database(folder / "documents.sqlite3", _SCHEMA, fill)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What document management does."""
        return {"get_contract": Operation("A contract and its text", "read", self._get_contract)}

    def _get_contract(self, args: Arguments, _key: str) -> Result:
        contract = args.text("contract")
        with self.database.read() as tx:
            row = tx.execute("SELECT * FROM contract WHERE id = ?", (contract,)).fetchone()
        if row is None:
            raise CallError("NO_SUCH_CONTRACT", "there is no such contract")
        return {"contract": row["id"], **{name: row[name] for name in ("title", "counterparty", "text")}}
