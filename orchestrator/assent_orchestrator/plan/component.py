"""Strongly connected components: what waits for itself, and an order for everything else."""

from collections.abc import Callable, Iterable, Iterator, Sequence


def components(nodes: Sequence[str], edges: Callable[[str], Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the strongly connected components, each behind all it has edges to (Tarjan, without recursion).

    Deterministic in the order of ``nodes`` and of ``edges``; linear in both.
    """
    search = _Search(edges)
    for root in nodes:
        if root not in search.number:
            search.visit(root)
    return tuple(search.found)


class _Search:
    """One walk over the graph; ``number`` counts the nodes as they are entered."""

    def __init__(self, edges: Callable[[str], Iterable[str]]) -> None:
        self.found: list[tuple[str, ...]] = []
        self.number: dict[str, int] = {}
        self._edges = edges
        self._low: dict[str, int] = {}
        self._path: dict[str, None] = {}
        self._work: list[tuple[str, Iterator[str]]] = []

    def visit(self, root: str) -> None:
        """Walk everything that can be reached from ``root``."""
        self._enter(root)
        while self._work:
            node, remaining = self._work[-1]
            following = next(remaining, None)
            if following is None:
                self._leave(node)
            elif following not in self.number:
                self._enter(following)
            elif following in self._path:
                self._low[node] = min(self._low[node], self.number[following])

    def _enter(self, node: str) -> None:
        self.number[node] = self._low[node] = len(self.number)
        self._path[node] = None
        self._work.append((node, iter(self._edges(node))))

    def _leave(self, node: str) -> None:
        self._work.pop()
        if self._work:
            parent = self._work[-1][0]
            self._low[parent] = min(self._low[parent], self._low[node])
        if self._low[node] == self.number[node]:
            group = [self._path.popitem()[0]]
            while group[-1] != node:
                group.append(self._path.popitem()[0])
            self.found.append(tuple(group))
