"""A picture in the language of Graphviz. Nodes have numbers for names; texts stand in quotes."""

from collections.abc import Iterable, Iterator

from assent_orchestrator.cli.picture.picture import Node, Picture

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
    return "".join(f"{line}\n" for line in _lines(picture))


def _lines(picture: Picture) -> Iterator[str]:
    yield "digraph plan {"
    yield f"  graph [label={_quoted([f'{picture.title}: {picture.verdict}'])}, labelloc=t, rankdir=TB];"
    yield '  node [fontname="sans-serif", fontsize=10, shape=box, style="filled,rounded", fillcolor=white];'
    yield '  edge [fontname="sans-serif", fontsize=9];'
    names = {node.key: f"n{at}" for at, node in enumerate(picture.nodes)}
    ledgers = {name: f"l{at}" for at, (name, _) in enumerate(picture.ledgers)}
    for node in picture.nodes:
        yield f"  {names[node.key]} [{_looks(node)}];"
    for edge in picture.edges:
        look = ", ".join(
            part
            for part in (f"label={_quoted([edge.note])}" if edge.note else "", "style=dashed" if edge.instead else "")
            if part
        )
        yield f"  {names[edge.source]} -> {names[edge.target]}{f' [{look}]' if look else ''};"
    for name, left in picture.ledgers:
        yield f'  {ledgers[name]} [shape=cylinder, style=filled, fillcolor="#f3e5f5", label={_quoted([name, left])}];'
    for node in picture.nodes:
        reserved = dict(node.reserves)
        for name in node.ledgers:
            note = f", label={_quoted([f'reserves {reserved[name]}'])}" if name in reserved else ""
            yield f"  {names[node.key]} -> {ledgers[name]} [dir=none, style=dotted{note}];"
    for at, flow in enumerate(picture.flows):
        label = _quoted([flow.system, ", ".join(flow.labels)])
        yield f'  s{at} [shape=folder, style=filled, fillcolor="#eceff1", label={label}];'
        yield from (f"  {names[node.key]} -> s{at} [style=dotted];" for node in flow.nodes)
    yield "}"


def _looks(node: Node) -> str:
    if node.is_choice:
        return f'shape=diamond, style=filled, fillcolor="#e8eaf6", label={_quoted([node.title])}'
    lines = [node.title, f"{node.action} by {node.agent}", node.said, *node.notes]
    shape = ', shape=hexagon, style="filled"' if node.approval else ""
    return f'fillcolor="{_FILLS.get(node.verdict, "white")}"{shape}, label={_quoted(lines)}'


def _quoted(lines: Iterable[str]) -> str:
    r"""Return lines as one quoted text: ``\n`` is a line break there, and what means something there is itself."""
    return '"' + "\\n".join(line.translate(_MEANS_SOMETHING) for line in lines) + '"'
