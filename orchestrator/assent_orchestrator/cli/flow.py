"""How a line goes on where a terminal has no room for it: below its beginning, broken between words, never in an id."""

import re

from rich.cells import cell_len
from rich.text import Text

_WORD = re.compile(r"\s*(\S+)")


def flow(line: Text, width: int, indent: int) -> list[Text]:
    """Return a line in pieces of at most ``width`` columns, all but the first one ``indent`` columns further right.

    A word stays whole: one for which the indent leaves no room stands further left, and where it is wider than the
    terminal, that breaks it, so that what is copied from there is the word.
    """
    if line.cell_len <= width:
        return [line]
    plain, cuts, indents, used = line.plain, [0], [0], 0
    for word in _WORD.finditer(plain):
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


def indent_of(text: str) -> int:
    """Return how many columns of a line are blank at its beginning."""
    return len(text) - len(text.lstrip())
