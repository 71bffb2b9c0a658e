"""Citations: found in a text, and written in one way however they were broken over lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAME = r"[A-Z][\w.'-]*(?:\s+(?:&\s+)?[A-Z][\w.'-]*)*"
_FOUND = re.compile(
    rf"(?P<names>{_NAME}\s+v\.\s+{_NAME})\s+\[(?P<year>\d{{4}})\]\s+(?P<court>NSC|NCA)\s+(?P<page>\d+)"
    r"|(?P<act>(?:[A-Z]\w+\s+)+(?:Code|Act))\s+§\s*(?P<section>\d+)"
)
# A word that begins the sentence is written with a capital, too.
_LEADING = re.compile(r"^(?:In|See|As|But|And|The|Under|Section)\s+")


@dataclass(frozen=True)
class Citation:
    """What a text refers to; ``source`` is the parties or the act without year, page or section."""

    source: str
    text: str


def citations_in(text: str) -> Iterator[Citation]:
    """Yield every citation of a text, each once, in its order."""
    seen: set[str] = set()
    for match in _FOUND.finditer(text):
        found = _case(match) if match["names"] else _section(match)
        if found.text not in seen:
            seen.add(found.text)
            yield found


def _case(match: re.Match[str]) -> Citation:
    names = _plain(match["names"])
    return Citation(names, f"{names} [{match['year']}] {match['court']} {match['page']}")


def _section(match: re.Match[str]) -> Citation:
    act = _plain(match["act"])
    return Citation(act, f"{act} § {match['section']}")


def _plain(text: str) -> str:
    return _LEADING.sub("", " ".join(text.split()))
