"""What was done under which idempotency key: the second call gets the first one's answer and does nothing."""

import json
from typing import Any, Literal

from tool_server.database import Connection
from tool_server.errors import CallError

SCHEMA = """
CREATE TABLE ledger (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    result TEXT
) STRICT
"""
"""``result`` stays empty between the intent and the end of an effect that lies outside of this file."""

State = Literal["done", "not_done", "unknown"]


def find(tx: Connection, key: str) -> tuple[State, dict[str, Any] | None]:
    """Return whether the call of ``key`` was done, and its result when it was."""
    row = tx.execute("SELECT result FROM ledger WHERE key = ?", (key,)).fetchone()
    if row is None:
        return "not_done", None
    if row["result"] is None:
        return "unknown", None
    return "done", json.loads(row["result"])


def replay(tx: Connection, key: str, operation: str, args: dict[str, Any]) -> dict[str, Any] | None:
    """Return the result of an earlier call with this key, or None when there was none.

    Raises:
        CallError: the key was used for another request, or it is not known how its call ended.
    """
    state, result = find(tx, key)
    if state == "not_done":
        return None
    stored = tx.execute("SELECT request FROM ledger WHERE key = ?", (key,)).fetchone()["request"]
    if stored != _request(operation, args):
        raise CallError("KEY_REUSED", "the idempotency key belongs to another request")
    if state == "unknown":
        raise CallError("IN_DOUBT", "an earlier call with this key may have had its effect", effect="unknown")
    return result


def intend(tx: Connection, key: str, operation: str, args: dict[str, Any]) -> None:
    """Note that the call is about to have an effect outside of this file."""
    tx.execute("INSERT INTO ledger (key, request) VALUES (?, ?)", (key, _request(operation, args)))


def settle(tx: Connection, key: str, result: dict[str, Any]) -> None:
    """Note the result of a call that was intended."""
    tx.execute("UPDATE ledger SET result = ? WHERE key = ?", (json.dumps(result), key))


def withdraw(tx: Connection, key: str) -> None:
    """Forget an intent that certainly had no effect."""
    tx.execute("DELETE FROM ledger WHERE key = ? AND result IS NULL", (key,))


def _request(operation: str, args: dict[str, Any]) -> str:
    return json.dumps([operation, args], sort_keys=True)
