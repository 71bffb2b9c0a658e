"""The firm's texts as files: a few lines ``name: value``, an empty line, then the text. All of them are made up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Document:
    """One text; ``id`` is the name of its file."""

    id: str
    facts: Mapping[str, str]
    text: str


def read(kind: str) -> tuple[Document, ...]:
    """Return the texts of one kind (``contracts``, ``cases``, ``memos``, ``statutes``), by name.

    Raises:
        OSError, ValueError: one cannot be read, or is not of the form.
    """
    return tuple(_document(path) for path in sorted((_ROOT / kind).glob("*.txt")))


def sections() -> Iterator[tuple[str, str]]:
    """Yield each section of each statute as it is cited, ``Commercial Code § 41``, with its text."""
    for statute in read("statutes"):
        for line in statute.text.splitlines():
            number, _, text = line.removeprefix("§ ").partition(" ")
            yield f"{statute.facts['act']} § {number}", text


def _document(path: Path) -> Document:
    head, separator, text = path.read_text(encoding="utf-8").partition("\n\n")
    if not separator:
        raise ValueError(f"{path.name} has no text")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    return Document(path.stem, facts, text.strip())
