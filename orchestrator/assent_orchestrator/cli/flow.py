"""How a line goes on where a terminal has no room for it: below its beginning, broken between words, never in an id."""

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

_WORD = re.compile(r"\s*(\S+)")
_PART = re.compile(r"\s*(\S+(?: \S+)*)")
"""Words with one space between them: a name and its id, for instance. Parts have two or more between them."""


def flow(line: Text, width: int, indent: int) -> list[Text]:
    """Return a line in pieces of at most ``width`` columns, all but the first one ``indent`` columns further right.

    Parts stay whole where a line has room for them. A word always does: one for which the indent leaves no room stands
    further left, and where it is wider than the terminal, that breaks it: what is copied from there is the word.
    """
    if line.cell_len <= width:
        return [line]
    plain, cuts, indents, used = line.plain, [0], [0], 0
    for word in _units(plain, width - indent):
        gap, room = word.start(1) - word.start(), cell_len(word[1])
        if word.start() > 0 and used + gap + room > width:
            cuts.append(word.start(1))
            indents.append(max(0, min(indent, width - room)))
            used = indents[-1] + room
        else:
            used += gap + room
    pieces = line.divide(cuts[1:])
    for piece in pieces:
        piece.rstrip()
    return [Text(" " * room) + piece for room, piece in zip(indents, pieces, strict=True)]


def _units(line: str, room: int) -> Iterator[re.Match[str]]:
    """Yield the parts of a line, and of those that are too long for ``room`` columns the words."""
    for part in _PART.finditer(line):
        if cell_len(part[1]) <= room:
            yield part
        else:
            yield from _WORD.finditer(line, part.start(), part.end())


def indent_of(text: str) -> int:
    """Return how many columns of a line are blank at its beginning."""
    return len(text) - len(text.lstrip())
