"""A picture for the terminal: one step a line from top to bottom, with rails at the left that say what waits for what.

A rail leads down from a step to each one that waits for it, and ends there. Below a step stands what it needs, takes
and sends. Where there would be too many rails, each step names what it comes after instead.
"""

import io
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from assent_orchestrator.cli.picture.picture import Node, Picture
from assent_orchestrator.cli.printing import coloured

_MOST_RAILS = 10
_STEP, _CHOICE = "●", "◆"
_CORNERS = {
    frozenset("ud"): "│",
    frozenset("lr"): "─",
    frozenset("ur"): "└",
    frozenset("ul"): "┘",
    frozenset("dl"): "┐",
    frozenset("dr"): "┌",
    frozenset("udr"): "├",
    frozenset("udl"): "┤",
    frozenset("ulr"): "┴",
    frozenset("dlr"): "┬",
    frozenset("udlr"): "┼",
}
_GAP = 2
_WRAPPING = Console(file=io.StringIO(), width=80)
"""Rich wants one to break lines; nothing is written to it, and the width is always said."""

_LEAST_TEXT = 24
"""Columns that a text has at least, however narrow the terminal."""


def terminal(picture: Picture, width: int) -> list[Text]:
    """Return the lines of the picture; text beyond ``width`` columns goes on below."""
    head = Text.assemble(picture.title, ": ", _verdict(picture.verdict))
    tracks = _tracks(picture)
    rails = max((len(track.before) for track in tracks), default=0)
    named = rails > _MOST_RAILS
    indent = 2 if named else 2 * max(rails, max((len(track.after) for track in tracks), default=0)) + 1
    column = max((len(node.title) for node in picture.nodes), default=0) + _GAP
    actions = max((len(node.action) for node in picture.nodes), default=0) + _GAP
    lines = [head]
    for node, track in zip(picture.nodes, tracks, strict=True):
        sign, below = (f"{_sign(node)} ", "  ") if named else (track.row(node), track.passing())
        text = Text(node.title.ljust(column))
        text.append("chooses a branch" if node.is_choice else node.action.ljust(actions))
        text.append_text(_verdict(node.said))
        lines += _hung(sign, below, indent, text, width)
        notes = [note if instead else f"in the branch {note}" for note, instead in track.notes]
        notes += [*([f"after {', '.join(track.sources)}"] if named and track.sources else []), *node.notes]
        for note in notes:
            lines += _hung(below, below, indent, Text(note, style="bright_black"), width, deep=_GAP)
        link = "" if named else track.link()
        if link:
            lines.append(Text(link))
        elif not named and track.joins and not notes:
            lines.append(Text(below))  # steps of which one stands right below the other are not joined
    lines += [Text(f"ledger {name}: {left}") for name, left in picture.ledgers]
    for flow in picture.flows:
        told = f"{', '.join(flow.labels)} to {flow.system}, by {', '.join(node.title for node in flow.nodes)}"
        lines += _hung("flows out: ", "", 11, Text(told), width)
    return lines


class _Track:
    """The rails at one node: ``before`` it and ``after`` it, each by the node that it ends at; None is free."""

    def __init__(self, key: str, before: list[str | None], targets: list[str], sources: list[str]) -> None:
        self.sources = sources
        self.notes: list[tuple[str, bool]] = []
        self.place = before.index(key) if key in before else _free(before)
        self.ends = key in before
        self.before = list(before) + [None] * (self.place + 1 - len(before))
        self.passes = [one is not None and at != self.place for at, one in enumerate(self.before)]
        after: list[str | None] = list(self.before)
        after[self.place] = None
        self.joins: set[int] = set()
        for target in targets:
            at = after.index(target) if target in after else self.place if after[self.place] is None else _free(after)
            after += [None] * (at + 1 - len(after))
            after[at] = target
            self.joins.add(at)
        while after and after[-1] is None:
            after.pop()
        self.after = after

    def row(self, node: Node) -> str:
        """Return the rails in the line of the node."""
        signs = ["│" if passes else " " for passes in self.passes]
        signs[self.place] = _sign(node)
        return " ".join(signs)

    def passing(self) -> str:
        """Return the rails in the lines below it that belong to it."""
        signs = ["│" if passes else " " for passes in self.passes]
        signs[self.place] = "│" if self.joins else " "
        return " ".join(signs)

    def link(self) -> str:
        """Return the line that leads from the node to its rails; empty when the only one goes straight down."""
        if not self.joins - {self.place}:
            return ""
        ways: list[set[str]] = [set() for _ in range(2 * max(len(self.after), len(self.before)))]
        for at, one in enumerate(self.after):
            if one is not None:
                ways[2 * at].add("d")
        for at, passes in enumerate(self.passes):
            if passes:
                ways[2 * at].add("u")
        ways[2 * self.place].add("u")
        left, right = min(*self.joins, self.place), max(*self.joins, self.place)
        for column in range(2 * left, 2 * right):
            ways[column].add("r")
            ways[column + 1].add("l")
        for at, passes in enumerate(self.passes):
            if passes and at not in self.joins:
                ways[2 * at] = set("ud")  # a rail that merely passes goes over it: only what meets is joined
        return "".join(_CORNERS.get(frozenset(way), " ") for way in ways).rstrip()


def _tracks(picture: Picture) -> list[_Track]:
    into: dict[str, list[str]] = {node.key: [] for node in picture.nodes}
    out: dict[str, list[str]] = {node.key: [] for node in picture.nodes}
    notes: dict[str, list[tuple[str, bool]]] = {node.key: [] for node in picture.nodes}
    titles = {node.key: node.title for node in picture.nodes}
    place = {node.key: at for at, node in enumerate(picture.nodes)}
    for edge in picture.edges:
        if place[edge.source] < place[edge.target]:
            into[edge.target].append(titles[edge.source])
            out[edge.source].append(edge.target)
        if edge.note:
            told = f"in place of {titles[edge.source]}, if that fails" if edge.instead else edge.note
            notes[edge.target].append((told, edge.instead))
    rails: list[str | None] = []
    tracks = []
    for node in picture.nodes:
        targets = sorted(out[node.key], key=place.__getitem__)
        track = _Track(node.key, rails, targets, into[node.key])
        track.notes = notes[node.key]
        rails = track.after
        tracks.append(track)
    return tracks


def _free(rails: list[str | None]) -> int:
    return rails.index(None) if None in rails else len(rails)


def _sign(node: Node) -> str:
    return _CHOICE if node.is_choice else _STEP


def _verdict(said: str) -> Text:
    end = next((at for at, sign in enumerate(said) if sign in ",:"), len(said))
    return Text.assemble(coloured(said[:end]), said[end:])


def _hung(first: str, others: str, indent: int, text: Text, width: int, *, deep: int = 0) -> Iterator[Text]:
    """Yield a text behind rails; its further lines stand a little deeper, behind those that pass."""
    room = max(width - indent - deep - _GAP, _LEAST_TEXT)
    for at, piece in enumerate(text.wrap(_WRAPPING, room, overflow="fold")):
        piece.rstrip()
        rails, more = (first, 0) if at == 0 else (others, _GAP)
        yield Text.assemble(rails.ljust(indent), " " * (deep + more), piece)
