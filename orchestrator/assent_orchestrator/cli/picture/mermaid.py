"""A picture as a Mermaid flowchart, for Markdown pages and merge requests.

Nothing that somebody wrote becomes a part of the drawing's language: nodes have numbers for names, and texts stand in
quotes with every sign that means something there written as its character code.
"""

from collections.abc import Iterator

from assent_orchestrator.cli.picture.picture import Node, Picture

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
    return "".join(f"{line}\n" for line in _lines(picture))


def _lines(picture: Picture) -> Iterator[str]:
    yield "---"
    yield f"title: {_yaml(f'{picture.title}: {picture.verdict}')}"
    yield "---"
    yield "flowchart TD"
    names = {node.key: f"n{at}" for at, node in enumerate(picture.nodes)}
    ledgers = {name: f"l{at}" for at, (name, _) in enumerate(picture.ledgers)}
    for node in picture.nodes:
        yield f"  {names[node.key]}{_shape(node)}"
    for edge in picture.edges:
        arrow = "-.->" if edge.instead else "-->"
        note = f'|"{_text(edge.note)}"|' if edge.note else ""
        yield f"  {names[edge.source]} {arrow}{note} {names[edge.target]}"
    for name, left in picture.ledgers:
        yield f'  {ledgers[name]}[("{_text(name)}<br/>{_text(left)}")]:::ledger'
    for node in picture.nodes:
        reserved = dict(node.reserves)
        for name in node.ledgers:
            note = f'|"reserves {_text(reserved[name])}"|' if name in reserved else ""
            yield f"  {names[node.key]} -.-{note} {ledgers[name]}"
    for at, flow in enumerate(picture.flows):
        yield f'  s{at}[/"{_text(flow.system)}<br/>{_text(", ".join(flow.labels))}"/]:::system'
        yield from (f"  {names[node.key]} -.-> s{at}" for node in flow.nodes)
    for name, style in _CLASSES:
        yield f"  classDef {name} {style}"


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
