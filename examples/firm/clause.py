"""The clauses of a contract and what kind each is: patterns in an order, the same text always gives the same."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_KINDS = {
    "unlimited_liability": r"liab\w+ without (?:any )?limit|unlimited liability",
    "excluded_liability": r"excludes? all liability",
    "automatic_renewal": r"renews? automatically|automatically renewed",
    "price_change": r"(?:increase|change|raise) the (?:fees|prices?) at any time",
    "assignment_of_rights": r"assigns? to \w+ all rights",
    "penalty": r"pays a penalty",
    "foreign_law": r"governed by the laws? of (?!Norvale)",
    "own_law": r"governed by the laws? of Norvale",
    "limited_liability": r"liability of .{0,40}is limited to",
    "termination": r"may terminate",
    "price": r"the customer pays",
    "confidentiality": r"confidential",
    "personal_data": r"personal data",
    "rights": r"exclusive right|right to publish",
    "notices": r"notices? go(?:es)?",
    "term": r"this agreement (?:ends|runs|begins)",
}
"""Kind and what tells it; the first that is found is the clause's kind, so the risky ones come first."""

OTHER = "other"
KINDS = (*_KINDS, OTHER)
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _KINDS.items()}
_CLAUSE = re.compile(r"^(?P<number>\d+)\. (?P<heading>[^\n]+)\n(?P<text>.*?)(?=^\d+\. |\Z)", re.MULTILINE | re.DOTALL)
QUOTED = 600
"""Longest quote, in characters."""


@dataclass(frozen=True)
class Clause:
    """One clause with its own words, at most ``QUOTED`` characters of them."""

    number: str
    heading: str
    kind: str
    quote: str


def clauses_of(text: str) -> Iterator[Clause]:
    """Yield the numbered clauses of a contract."""
    for match in _CLAUSE.finditer(text):
        words = " ".join(match["text"].split())
        kind = next((kind for kind, pattern in _PATTERNS.items() if pattern.search(words)), OTHER)
        yield Clause(match["number"], match["heading"].strip(), kind, words[:QUOTED])
