"""One SQLite file of one system: opened per call, filled once, written in whole transactions."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Connection = sqlite3.Connection


class Database:
    """A SQLite file with its schema; every use is a connection of its own, so threads need no lock."""

    def __init__(self, path: Path, schema: str, fill: Callable[[Connection], None]) -> None:
        """Create and fill the file in one transaction, unless an earlier start did.

        Raises:
            sqlite3.Error: the file cannot be opened, or is no such database.
        """
        self._path = path
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with self.write() as tx:
            if tx.execute("PRAGMA user_version").fetchone()[0] == 0:
                # executescript() would commit first and with that tear schema and rows apart.
                for statement in filter(str.strip, schema.split(";")):
                    tx.execute(statement)
                fill(tx)
                tx.execute("PRAGMA user_version = 1")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection to read with."""
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        finally:
            connection.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection inside a transaction that excludes other writers; it commits unless an error leaves it."""
        with self.read() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
