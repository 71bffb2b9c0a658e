"""What really happened, as the company itself has it: the ledgers of its systems, their tables, and its mailbox."""

import email
import email.policy
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from assent_orchestrator.cli.chaos.effects import Effect, read_effects
from assent_orchestrator.cli.chaos.invariant import Breach

_TABLES = {"proposal": "create_proposal", "task": "create_task", "notification": "notify"}
"""Tables that get one row for each effect of an operation; nothing in them knows of keys."""


@dataclass(frozen=True, slots=True)
class Books:
    """``letters`` are message ids, as often as they arrived; ``in_doubt`` are keys that were begun and never noted."""

    effects: tuple[Effect, ...]
    letters: tuple[str, ...]
    in_doubt: frozenset[str]
    rows: dict[str, int]

    def letters_of(self, keys: Sequence[str]) -> list[str]:
        """Return the keys of these under which an e-mail arrived, as often as one did."""
        return [key for key in keys for letter in self.letters if letter == message_id(key)]

    def doubles(self) -> Iterator[Breach]:
        """Yield what was done more often than it was noted: two effects, and one entry in the ledger."""
        noted = Counter(effect.operation for effect in self.effects)
        for table, operation in _TABLES.items():
            if self.rows.get(table, 0) != noted[operation]:
                yield Breach("EFFECT_TWICE", f"{self.rows[table]} rows of {table}, {noted[operation]} calls noted")


def message_id(key: str) -> str:
    """Return the id of the e-mail that goes out under a key (examples/company/mail.py)."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@planwerk.example>"


def read_books(folder: Path, mailbox: Path) -> Books:
    """Read them from the disk; blocks."""
    rows: dict[str, int] = {}
    doubt: set[str] = set()
    for path in sorted(folder.glob("*.sqlite3")):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as book:
            tables = {row[0] for row in book.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table in tables & set(_TABLES):
                rows[table] = book.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            if "ledger" in tables:
                doubt |= {row[0] for row in book.execute("SELECT key FROM ledger WHERE result IS NULL")}
    return Books(read_effects(folder), tuple(map(_id_of, sorted(mailbox.glob("*.eml")))), frozenset(doubt), rows)


def _id_of(path: Path) -> str:
    return str(email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["Message-ID"]).strip()
