"""How commands write to the terminal: tables and lines for people, JSON for programs, and nothing that steers it."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assent_orchestrator.cli.flow import flow, indent_of
from assent_orchestrator.cli.log import one_line

_PIPE_WIDTH = 250
"""Columns where nobody looks: wide enough that lines stay whole for grep."""

_FOLDED = frozenset({"BECAUSE", "DEMANDS", "NOT YET KNOWN", "NEEDS", "PEOPLE"})
"""The columns that may go over several lines."""

_FOLDED_WIDTH = 30
"""Columns that they keep then: a reason with its control is seldom longer."""

_LEAST_ROOM = 20
"""Columns that are needed to go on below a beginning; with less, the terminal breaks the line where it likes."""

_HANGING = 2
"""Columns by which a line that goes on stands further right than it began."""

_BELOW = 4
"""Columns by which a line is indented that stands below its head."""

_GAP = 2
"""Columns between two columns."""

_STYLES = {
    **dict.fromkeys(("allow", "succeeded", "approved", "consumed", "ready", "ok", "lifted"), "green"),
    **dict.fromkeys(("defer", "waiting", "deferred", "awaiting_approval", "require_approval", "pending"), "yellow"),
    **dict.fromkeys(("unknown", "stopping", "warn", "awaiting_choice", "would wait for a stop to be lifted"), "yellow"),
    **dict.fromkeys(
        (
            "deny",
            "halt",
            "failed",
            "denied",
            "halted",
            "refused",
            "rejected",
            "expired",
            "void",
            "fail",
            "in_force",
            "would fail",
        ),
        "red",
    ),
    **dict.fromkeys(("skipped", "cancelled", "planned"), "bright_black"),
}


def console() -> Console:
    """Return where text goes; wide when it goes into a pipe."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def say(*parts: str | Text) -> None:
    """Write one line; what others wrote (messages, arguments) is shown, never obeyed.

    In a terminal that is too narrow it goes on below, a little further right.
    """
    line, target = _joined(parts), console()
    if not sys.stdout.isatty():
        target.print(line, soft_wrap=True)
        return
    for piece in flow(line, target.width, indent_of(line.plain) + _HANGING):
        target.print(piece, soft_wrap=True)


def _joined(parts: Iterable[str | Text]) -> Text:
    line = Text()
    for part in parts:
        line.append_text(part if isinstance(part, Text) else Text(one_line(part)))
    return line


def say_under(head: str, *parts: str | Text) -> None:
    """Write a line behind its head; in a terminal, what does not fit goes on below its beginning.

    Lines break between words. Where a word has no room, as a digest has none in a narrow terminal, the line stands
    below its head, so that the word stays whole.
    """
    line, target, first = _joined(parts), console(), Text(one_line(head))
    room = target.width - first.cell_len
    if not sys.stdout.isatty() or room < _LEAST_ROOM:
        target.print(first + line, soft_wrap=True)
        return
    if first.cell_len > _BELOW and any(len(word) > room for word in line.plain.split()):
        if first.plain.strip():
            target.print(first, soft_wrap=True)
        first, room = Text(" " * _BELOW), target.width - _BELOW
    pieces = [folded for piece in flow(line, room, 0) for folded in _folded(piece, target, room)]
    for at, piece in enumerate(pieces):
        target.print((first if at == 0 else Text(" " * first.cell_len)) + piece, soft_wrap=True)


def _folded(piece: Text, target: Console, room: int) -> Iterable[Text]:
    """Yield a piece, or what it is broken into where one word alone is too wide: of what others wrote it may be."""
    return [piece] if piece.cell_len <= room else piece.wrap(target, room, overflow="fold")


def note(line: str, *, hanging: int = _HANGING) -> None:
    """Write one line to stderr; in a terminal it goes on below, ``hanging`` columns further right."""
    whole = Text(one_line(line))
    pieces = [whole]
    if sys.stderr.isatty():
        pieces = flow(whole, Console(file=sys.stderr).width, indent_of(whole.plain) + hanging)
    for piece in pieces:
        typer.echo(piece.plain, err=True)


def say_json(content: Message | Mapping[str, Any], *, for_people: bool = False) -> None:
    """Write one JSON object on one line; ``for_people``, on many lines where a person reads them."""
    whole = json_of(content) if isinstance(content, Message) else content
    indent = 2 if for_people and sys.stdout.isatty() else None
    typer.echo(json.dumps(whole, ensure_ascii=False, indent=indent))


def json_of(message: Message) -> dict[str, Any]:
    """Return a message in protobuf's JSON mapping, with the names of the .proto files and every plain field."""
    content = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return {name: exact(value) for name, value in content.items()}


def exact(value: Any) -> Any:
    """Return a JSON value with its whole numbers as such, and members in order: the wire has doubles, and no order."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [exact(one) for one in value]
        case dict():
            return {key: exact(value[key]) for key in sorted(value)}
        case _:
            return value


def table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Write rows under a head; columns in which nothing stands are left out.

    Nothing is ever cut off, because an id that is not whole is no id: in a terminal that is too narrow each row goes
    over several lines, its cells behind their names.
    """
    cells = [[cell if isinstance(cell, Text) else Text(one_line(cell)) for cell in row] for row in rows]
    filled = [at for at in range(len(columns)) if any(row[at].plain for row in cells)]
    widths = {at: max(len(columns[at]), *(row[at].cell_len for row in cells)) for at in filled}
    longest = {at: max(_FOLDED_WIDTH, *(_longest_word(row[at]) for row in cells)) for at in filled}
    least = {at: min(width, longest[at]) if columns[at] in _FOLDED else width for at, width in widths.items()}
    gaps = _GAP * len(filled)
    target = console()
    if not sys.stdout.isatty():
        target.width = max(target.width, sum(widths.values()) + gaps)
    elif sum(least.values()) + gaps > target.width:
        for row in cells:
            _write_flowing(target, [(columns[at], row[at]) for at in filled if row[at].plain])
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
    for at in filled:
        drawn.add_column(columns[at], overflow="fold", no_wrap=columns[at] not in _FOLDED, min_width=least[at])
    for row in cells:
        drawn.add_row(*(row[at] for at in filled))
    target.print(drawn)


def _longest_word(cell: Text) -> int:
    return max((cell_len(part) for part in cell.plain.split()), default=0)


def _write_flowing(target: Console, named: Sequence[tuple[str, Text]]) -> None:
    """Write one row: the first cell, then the others behind their names; lines break between cells where they can."""
    (_, line), *others = named
    indent = Text(" " * _GAP)
    lines = []
    for name, cell in others:
        part = Text.assemble((name.lower(), "bright_black"), " ", cell)
        if line.cell_len + _GAP + part.cell_len > target.width:
            lines.append(line)
            line = indent + part
        else:
            line = line + indent + part
    for whole in (*lines, line):
        for piece in flow(whole, target.width, 2 * _GAP):
            target.print(piece, soft_wrap=True)


def word(enum: Any, value: int, prefix: str) -> str:
    """Return the value of a wire enum as people say it: ``RUN_STATE_SUCCEEDED`` is ``succeeded``."""
    if not value:
        return ""
    return str(enum.Name(value)).removeprefix(f"{prefix}_").lower()


def coloured(text: str) -> Text:
    """Return a state or a verdict in its colour."""
    return Text(one_line(text), style=_STYLES.get(text, ""))


def moment(stamp: Timestamp) -> str:
    """Return a point in time in UTC, to the second; empty when it is not set."""
    if not stamp.seconds and not stamp.nanos:
        return ""
    return stamp.ToDatetime(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def clock_time(when: datetime) -> str:
    """Return the time of the day in UTC, to the millisecond."""
    return when.astimezone(UTC).strftime("%H:%M:%S.%f")[:-3]


def length(duration: Duration) -> str:
    """Return a length of time in its largest whole unit, as policies write it: ``72h``."""
    milliseconds = duration.seconds * 1000 + duration.nanos // 1_000_000
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds >= size and milliseconds % size == 0 and not (unit == "d" and milliseconds < 7 * size):
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


def value_lines(value: Any) -> list[str]:
    """Return a JSON value as lines: texts as they are, everything else as JSON. A text's further lines are marked."""
    if isinstance(value, str):
        first, *more = value.split("\n")
        return [one_line(first) or '""', *(f"│ {one_line(line)}" for line in more)]
    return [one_line(line) for line in json.dumps(value, ensure_ascii=False, indent=2).split("\n")]
