"""A picture as a Mermaid flowchart, for Markdown pages and merge requests.

Nothing that somebody wrote becomes a part of the drawing's language: nodes have numbers for names, and texts stand in
quotes with every sign that means something there written as its character code.
"""

from collections.abc import Iterable

from assent_orchestrator.cli.picture.diagram import diagram
from assent_orchestrator.cli.picture.picture import Edge, Flow, Node, Picture

_MEANS_SOMETHING = frozenset('"#&;<>\\`{}%')
_CLASSES = (
    ("allow", "fill:#e6f4ea,stroke:#1e7e34,color:#111"),
    ("defer", "fill:#fff8e1,stroke:#b28704,color:#111"),
    ("require_approval", "fill:#fff8e1,stroke:#b28704,stroke-width:3px,color:#111"),
    ("deny", "fill:#fdecea,stroke:#b71c1c,color:#111"),
    ("halt", "fill:#fdecea,stroke:#b71c1c,stroke-width:3px,color:#111"),
    ("choice", "fill:#e8eaf6,stroke:#3949ab,color:#111"),
    ("ledger", "fill:#f3e5f5,stroke:#6a1b9a,color:#111"),
    ("system", "fill:#eceff1,stroke:#455a64,color:#111"),
)


def mermaid(picture: Picture) -> str:
    """Return the text of the flowchart, with a newline at its end."""
    return diagram(picture, _Mermaid())


class _Mermaid:
    """The language of Mermaid's flowcharts."""

    def head(self, picture: Picture) -> Iterable[str]:
        return ("---", f"title: {_yaml(f'{picture.title}: {picture.verdict}')}", "---", "flowchart TD")

    def node(self, name: str, node: Node) -> str:
        return f"{name}{_shape(node)}"

    def edge(self, source: str, target: str, edge: Edge) -> str:
        arrow = "-.->" if edge.instead else "==>" if edge.hands_over else "-->"
        note = f'|"{_text(edge.note)}"|' if edge.note else ""
        return f"{source} {arrow}{note} {target}"

    def ledger(self, name: str, title: str, left: str) -> str:
        return f'{name}[("{_text(title)}<br/>{_text(left)}")]:::ledger'

    def counted(self, source: str, target: str, amount: str) -> str:
        note = f'|"reserves {_text(amount)}"|' if amount else ""
        return f"{source} -.-{note} {target}"

    def system(self, name: str, flow: Flow) -> str:
        return f'{name}[/"{_text(flow.system)}<br/>{_text(", ".join(flow.labels))}"/]:::system'

    def sent(self, source: str, target: str) -> str:
        return f"{source} -.-> {target}"

    def tail(self) -> Iterable[str]:
        return (f"  classDef {name} {style}" for name, style in _CLASSES)


def _shape(node: Node) -> str:
    if node.is_choice:
        return f'{{"{_text(node.title)}"}}:::choice'
    head = f"<b>{_text(node.title)}</b><br/>{_text(node.action)} by {_text(node.agent)}<br/>{_text(node.said)}"
    text = "<br/>".join((head, *map(_text, node.notes)))
    known = {name for name, _ in _CLASSES}
    style = f":::{node.verdict}" if node.verdict in known else ""
    return f'{{{{"{text}"}}}}{style}' if node.approval else f'["{text}"]{style}'


def _text(text: str) -> str:
    return "".join(f"#{ord(sign)};" if sign in _MEANS_SOMETHING else sign for sign in text)


def _yaml(text: str) -> str:
    """Return a text as a scalar of the front matter: in single quotes, only they themselves mean something."""
    return "'" + text.replace("'", "''") + "'"
