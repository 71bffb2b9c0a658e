"""What was really done, as the company's own books have it: its ledgers and its mailbox, read from the disk."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that changed: in which system, by which operation, under which idempotency key."""

    system: str
    operation: str
    key: str


def read_effects(folder: Path) -> tuple[Effect, ...]:
    """Return everything that the company's ledgers in ``folder`` have; a message counts once it was handed over."""
    return tuple(effect for path in sorted(folder.glob("*.sqlite3")) for effect in _effects(path))


def count_letters(mailbox: Path) -> int:
    """Return how many e-mails arrived."""
    return sum(1 for _ in mailbox.glob("*.eml"))


def _effects(path: Path) -> list[Effect]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as ledger:
        known = ledger.execute("SELECT count(*) FROM sqlite_master WHERE name = 'ledger'").fetchone()[0]
        rows = ledger.execute("SELECT key, request FROM ledger").fetchall() if known else []
    return [Effect(path.stem, json.loads(request)[0], key) for key, request in rows]
