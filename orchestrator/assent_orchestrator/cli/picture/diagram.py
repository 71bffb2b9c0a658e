"""A picture in a language of nodes and edges: what is named how, and what comes in which order."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from assent_orchestrator.cli.picture.picture import Edge, Flow, Node, Picture


class Language(Protocol):
    """How such a language writes each part, a line each; ``name``, ``source`` and ``target`` are like ``n0``."""

    def head(self, picture: Picture) -> Iterable[str]:
        """Return the lines that it begins with."""
        ...

    def node(self, name: str, node: Node) -> str:
        """Return a step or a choice."""
        ...

    def edge(self, source: str, target: str, edge: Edge) -> str:
        """Return that one step waits for another one."""
        ...

    def ledger(self, name: str, title: str, left: str) -> str:
        """Return a ledger and what is left of it."""
        ...

    def counted(self, source: str, target: str, amount: str) -> str:
        """Return that a ledger counts a step; ``amount`` is what it reserves, empty where nobody said."""
        ...

    def system(self, name: str, flow: Flow) -> str:
        """Return a system and the labels that reach it."""
        ...

    def sent(self, source: str, target: str) -> str:
        """Return that a step sends labels to a system."""
        ...

    def tail(self) -> Iterable[str]:
        """Return the lines that it ends with."""
        ...


def diagram(picture: Picture, language: Language) -> str:
    """Return the text of the picture, with a newline at its end."""
    return "".join(f"{line}\n" for line in _lines(picture, language))


def _lines(picture: Picture, language: Language) -> Iterator[str]:
    yield from language.head(picture)
    names = {node.key: f"n{at}" for at, node in enumerate(picture.nodes)}
    ledgers = {name: f"l{at}" for at, (name, _) in enumerate(picture.ledgers)}
    yield from (f"  {language.node(names[node.key], node)}" for node in picture.nodes)
    yield from (f"  {language.edge(names[edge.source], names[edge.target], edge)}" for edge in picture.edges)
    yield from (f"  {language.ledger(ledgers[name], name, left)}" for name, left in picture.ledgers)
    for node in picture.nodes:
        reserved = dict(node.reserves)
        for name in node.ledgers:
            yield f"  {language.counted(names[node.key], ledgers[name], reserved.get(name, ''))}"
    for at, flow in enumerate(picture.flows):
        yield f"  {language.system(f's{at}', flow)}"
        yield from (f"  {language.sent(names[node.key], f's{at}')}" for node in flow.nodes)
    yield from language.tail()
