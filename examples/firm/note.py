"""What a note says: a letter for the client, and what only the firm may read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from firm.clause import KINDS
from tool_server.arguments import Arguments


@dataclass(frozen=True)
class Note:
    """``letter`` may go to the client once it is released; ``internal`` draws on what other clients were told."""

    letter: str
    internal: str


def draft(args: Arguments) -> Note:
    """Return the draft of a note on one contract.

    Raises:
        CallError: an argument is missing or not of its form.
    """
    title, counterparty = args.text("title"), args.text("counterparty")
    blocks = [
        f"{_salutation(args)},",
        f"we read the contract {title} with {counterparty} for you: {args.text('summary')}.",
        "# What it says",
        *_clauses(args.each("clauses")),
        *_under("What it refers to", _citations(args.each("citations"))),
        *_under("What the courts held", _cases(args.each("cases"))),
        f"Kind regards\n{args.text('lawyer')}",
    ]
    memos = [f"{one.text('id')}: {one.text('advice')}" for one in args.each("memos")]
    return Note("\n\n".join(blocks), "\n\n".join(memos) or "Nothing of ours bears on it.")


def _salutation(args: Arguments) -> str:
    """Return how the client is addressed: as it once said that it wants to be, or by the contact's name."""
    for one in args.each("preferences") if "preferences" in args.values else ():
        wish = one.values.get("value")
        if isinstance(wish, dict) and "salutation" in wish:
            return Arguments(wish).text("salutation")
    return f"Dear {args.text('contact')}"


def _clauses(clauses: Iterable[Arguments]) -> Iterator[str]:
    for one in clauses:
        kind = one.text("kind", choices=KINDS).replace("_", " ")
        yield f"{one.text('heading')} ({kind}): “{one.text('quote')}”"


def _citations(citations: Iterable[Arguments]) -> Iterator[str]:
    for one in citations:
        cited, status = one.text("citation"), one.text("status", choices=("found", "wrong", "unknown"))
        correction = one.values.get("correction")
        if status == "found":
            yield f"{cited}: is as cited."
        elif correction:
            yield f"{cited}: WRONG; it is {correction}."
        else:
            yield f"{cited}: WRONG; there is no such thing."


def _cases(cases: Iterable[Arguments]) -> Iterator[str]:
    for one in cases:
        yield f"{one.text('citation')}: {one.text('holding')}"


def _under(heading: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return [f"# {heading}", *found] if found else []
