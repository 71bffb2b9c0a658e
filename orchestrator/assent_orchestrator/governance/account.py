"""Whose count it is: of one ledger, for one of what it is counted for, in one window. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfoNotFoundError

from assent_orchestrator.plan.pointer import PointerError, find, split
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.facts import Action
from assent_sidecar.model import Json


class NoAccountError(Exception):
    """Nobody can say for whom it would be counted; the message says why, and holds nothing of the question."""


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """One count. ``key`` is a digest: it may stand for a person. ``period`` is the window, or the run's id."""

    tenant: str
    ledger: str
    key: str
    period: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides for whom an action is counted. ``run`` and ``process`` are None where an agent acts itself."""

    tenant: str
    time: datetime
    principal: str
    agent: str | None
    process: str | None
    run: str | None
    inputs: Mapping[str, Json]
    action: Action | None


def account_of(name: str, ledger: Ledger, circumstances: Circumstances) -> Account:
    """Return where an action is counted.

    Raises:
        NoAccountError: the question does not say for whom, or the window cannot be told.
    """
    value = _value(ledger.per, circumstances)
    if ledger.window == "run":
        if circumstances.run is None:
            raise NoAccountError("it is counted by run, and there is none")
        period = circumstances.run
    else:
        try:
            period = ledger.period(circumstances.time)
        except (ZoneInfoNotFoundError, OSError, OverflowError) as error:
            raise NoAccountError("this machine cannot tell the window") from error
    return Account(circumstances.tenant, name, key_of(circumstances.tenant, name, ledger.per, value), period)


def key_of(tenant: str, ledger: str, per: str, value: str) -> str:
    """Return the digest under which a value is counted: another one in each tenant and ledger."""
    return hashlib.sha256(f"{tenant}\n{ledger}\n{per}\n{value}".encode()).hexdigest()


def _value(per: str, circumstances: Circumstances) -> str:
    found: Json
    match per.partition(":"):
        case ["tenant", *_]:
            found = circumstances.tenant
        case ["agent", *_]:
            found = circumstances.agent
        case ["principal", *_]:
            found = circumstances.principal
        case ["process", *_]:
            found = circumstances.process
        case ["input", _, pointer]:
            found = _at(circumstances.inputs, pointer)
        case [_, _, pointer]:
            found = _at(circumstances.action.args if circumstances.action else {}, pointer)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    # A text that reads as a number is counted with that number: nobody gets a second count by writing it otherwise.
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise NoAccountError(f"it is counted by {per}, where there is no text and no whole number")
    return str(found)


def _at(value: Json, pointer: str) -> Json:
    try:
        return find(value, split(pointer))[1]
    except PointerError:
        return None
