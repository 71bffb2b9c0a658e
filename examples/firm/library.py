"""The library: case law and statutes that anybody may read, and memoranda that were written for other clients."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from firm.citation import Citation, citations_in
from firm.corpus import read, sections
from tool_server.arguments import Arguments
from tool_server.database import Connection, Database
from tool_server.system import Operation, Result

_SCHEMA = """
CREATE VIRTUAL TABLE text USING fts5(kind UNINDEXED, id UNINDEXED, topic, body, tokenize = 'porter unicode61');
CREATE TABLE source (citation TEXT PRIMARY KEY, source TEXT NOT NULL) STRICT
"""
_SEARCH = "SELECT id, body FROM text WHERE text MATCH ? AND kind = ? ORDER BY bm25(text, 0, 0, 4), id LIMIT ?"
_WORD = re.compile(r"[^\W\d_]{5,}")
_MOST_WORDS = 400


class Library:
    """Full-text search (SQLite FTS5), and a check of citations against what is really there."""

    name = "library"

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "library.sqlite3", _SCHEMA, _fill)

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the library does."""
        return {
            "find_precedents": Operation("Case law and memoranda on a text", "read", self._find_precedents),
            "check_citations": Operation("Whether what a text cites exists", "read", self._check_citations),
        }

    def _find_precedents(self, args: Arguments, _key: str) -> Result:
        words = dict.fromkeys(word.lower() for word in _WORD.findall(args.text("text")))
        limit = args.whole("limit", least=1, most=20)
        # Each word is quoted: what a text holds is looked for, and never an expression of the search's own language.
        query = " OR ".join(f'"{word}"' for word in list(words)[:_MOST_WORDS])
        with self.database.read() as tx:
            cases, memos = (
                tx.execute(_SEARCH, (query, kind, limit)).fetchall() if query else [] for kind in ("case", "memo")
            )
        return {
            "cases": [{"citation": row["id"], "holding": row["body"]} for row in cases],
            "memos": [{"id": row["id"], "advice": row["body"]} for row in memos],
        }

    def _check_citations(self, args: Arguments, _key: str) -> Result:
        with self.database.read() as tx:
            checked = [_check(tx, citation) for citation in citations_in(args.text("text"))]
        return {"citations": checked, "wrong": sum(one["status"] != "found" for one in checked)}


def _check(tx: Connection, citation: Citation) -> dict[str, str]:
    known = tx.execute("SELECT 1 FROM source WHERE citation = ?", (citation.text,)).fetchone()
    if known:
        return {"citation": citation.text, "status": "found", "correction": ""}
    like = tx.execute("SELECT citation FROM source WHERE source = ? ORDER BY citation", (citation.source,)).fetchall()
    # Of a case there is one right citation; which section of an act was meant, nobody can say.
    correction = like[0]["citation"] if like and " v. " in citation.source else ""
    return {"citation": citation.text, "status": "wrong" if like else "unknown", "correction": correction}


def _fill(tx: Connection) -> None:
    cases = read("cases")
    texts = [("case", one.facts["citation"], one.facts["topic"], one.text) for one in cases]
    texts += [("memo", one.facts["id"], one.facts["topic"], one.text) for one in read("memos")]
    tx.executemany("INSERT INTO text VALUES (?, ?, ?, ?)", texts)
    tx.executemany("INSERT INTO source VALUES (?, ?)", _sources([text[1] for text in texts if text[0] == "case"]))


def _sources(cases: list[str]) -> Iterator[tuple[str, str]]:
    for known in (*cases, *(citation for citation, _ in sections())):
        [citation] = citations_in(known)
        yield citation.text, citation.source
