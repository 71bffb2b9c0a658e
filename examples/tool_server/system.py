"""What a system is: named operations on a file of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database

Result = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One thing a system does; ``perform`` takes the arguments and the idempotency key."""

    title: str
    effect: Literal["read", "write", "irreversible"]
    perform: Callable[[Arguments, str], Result]


class System(Protocol):
    """One system."""

    name: str
    database: Database

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""


def write_once(
    database: Database, operation: str, args: Arguments, key: str, effect: Callable[[Connection], Result]
) -> Result:
    """Run ``effect`` and note its result in ONE transaction, or return the result noted under this key before.

    Raises:
        CallError: the key was used for another request.
    """
    with database.write() as tx:
        earlier = ledger.replay(tx, key, operation, args.values)
        if earlier is not None:
            return earlier
        result = effect(tx)
        ledger.intend(tx, key, operation, args.values)
        ledger.settle(tx, key, result)
        return result
