"""A picture in the language of Graphviz. Nodes have numbers for names; texts stand in quotes."""

from collections.abc import Iterable

from assent_orchestrator.cli.picture.diagram import diagram
from assent_orchestrator.cli.picture.picture import Edge, Flow, Node, Picture

_MEANS_SOMETHING = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;"})
_FILLS = {
    "allow": "#e6f4ea",
    "defer": "#fff8e1",
    "require_approval": "#ffe9a8",
    "deny": "#fdecea",
    "halt": "#f5b7b1",
}


def dot(picture: Picture) -> str:
    """Return the text of the graph, with a newline at its end."""
    return diagram(picture, _Dot())


class _Dot:
    """The language of Graphviz."""

    def head(self, picture: Picture) -> Iterable[str]:
        return (
            "digraph plan {",
            f"  graph [label={_quoted([f'{picture.title}: {picture.verdict}'])}, labelloc=t, rankdir=TB];",
            '  node [fontname="sans-serif", fontsize=10, shape=box, style="filled,rounded", fillcolor=white];',
            '  edge [fontname="sans-serif", fontsize=9];',
        )

    def node(self, name: str, node: Node) -> str:
        return f"{name} [{_looks(node)}];"

    def edge(self, source: str, target: str, edge: Edge) -> str:
        label = f"label={_quoted([edge.note])}" if edge.note else ""
        thick = "penwidth=2.5" if edge.hands_over else ""
        look = ", ".join(part for part in (label, "style=dashed" if edge.instead else "", thick) if part)
        return f"{source} -> {target}{f' [{look}]' if look else ''};"

    def ledger(self, name: str, title: str, left: str) -> str:
        return f'{name} [shape=cylinder, style=filled, fillcolor="#f3e5f5", label={_quoted([title, left])}];'

    def counted(self, source: str, target: str, amount: str) -> str:
        note = f", label={_quoted([f'reserves {amount}'])}" if amount else ""
        return f"{source} -> {target} [dir=none, style=dotted{note}];"

    def system(self, name: str, flow: Flow) -> str:
        label = _quoted([flow.system, ", ".join(flow.labels)])
        return f'{name} [shape=folder, style=filled, fillcolor="#eceff1", label={label}];'

    def sent(self, source: str, target: str) -> str:
        return f"{source} -> {target} [style=dotted];"

    def tail(self) -> Iterable[str]:
        return ("}",)


def _looks(node: Node) -> str:
    if node.is_choice:
        return f'shape=diamond, style=filled, fillcolor="#e8eaf6", label={_quoted([node.title])}'
    lines = [node.title, f"{node.action} by {node.agent}", node.said, *node.notes]
    shape = ', shape=hexagon, style="filled"' if node.approval else ""
    return f'fillcolor="{_FILLS.get(node.verdict, "white")}"{shape}, label={_quoted(lines)}'


def _quoted(lines: Iterable[str]) -> str:
    r"""Return lines as one quoted text: ``\n`` is a line break there, and what means something there is itself."""
    return '"' + "\\n".join(line.translate(_MEANS_SOMETHING) for line in lines) + '"'
