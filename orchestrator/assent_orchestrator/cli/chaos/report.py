"""What was seen, as a table for people and as one JSON document for programs."""

from collections.abc import Iterable, Mapping, Sequence

from rich.text import Text

from assent_orchestrator.cli.chaos.experiment import Result
from assent_orchestrator.cli.printing import say, table
from assent_sidecar.model import Json

INVARIANT = "no tool was called without a committed allow"
_COLUMNS = ("FAULT", "ALLOWED", "REFUSED", "NO DECISION", "CALLS CHECKED", "RUNS", "SECONDS", "INVARIANT")
_SHOWN = 5
"""Breaches that are shown of a fault."""


def show(results: Sequence[Result]) -> None:
    """Print the table, and below it whatever did not hold."""
    table(_COLUMNS, [_row(result) for result in results])
    for result in results:
        if result.missed:
            say(f"{result.fault.name}: it proved nothing: {result.missed}")
        for breach in result.breaches[:_SHOWN]:
            say(f"{result.fault.name}: {breach.code} {breach.what}")
        if len(result.breaches) > _SHOWN:
            say(f"{result.fault.name}: and {len(result.breaches) - _SHOWN} more")
    held = sum(not result.breaches for result in results)
    calls = sum(result.calls for result in results)
    say(f"{INVARIANT}: held in {held} of {len(results)} faults, {calls} calls checked")


def document(results: Iterable[Result], *, left_out: Sequence[str] = (), unfinished: str = "") -> dict[str, Json]:
    """Return everything that the table tells, and every breach; ``unfinished`` is the fault that ended it all."""
    listed = list(results)
    return {
        "schema": "assent.chaos/v1",
        "ok": not unfinished and all(result.good for result in listed),
        "faults": [_entry(result) for result in listed],
        "left_out": list(left_out),
        "unfinished": unfinished,
    }


def _row(result: Result) -> tuple[str | Text, ...]:
    verdict = Text("broken", "red") if result.breaches else Text("held", "green")
    refused = sum(result.verdicts.values()) - result.verdicts.get("allow", 0)
    codes = ", ".join(f"{code} {number}" for code, number in _most(result.codes))
    return (
        result.fault.name,
        str(result.verdicts.get("allow", 0)),
        str(refused),
        codes,
        str(result.calls),
        ", ".join(f"{number} {state}" for state, number in sorted(result.runs.items())),
        f"{result.seconds:.1f}",
        Text("not proved", "yellow") if result.missed and not result.breaches else verdict,
    )


def _entry(result: Result) -> dict[str, Json]:
    return {
        "fault": result.fault.name,
        "what": result.fault.what,
        "verdicts": dict(sorted(result.verdicts.items())),
        "codes": dict(_most(result.codes)),
        "unanswered": result.unanswered,
        "calls": result.calls,
        "runs": dict(sorted(result.runs.items())),
        "seconds": round(result.seconds, 3),
        "held": not result.breaches,
        "missed": result.missed,
        "breaches": [{"code": breach.code, "what": breach.what} for breach in result.breaches],
    }


def _most(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))
