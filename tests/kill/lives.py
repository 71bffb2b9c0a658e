"""The lives of memories as the trail has them: remembered, recalled as long as they are there, and ended once. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from assent_orchestrator.cli.chaos.invariant import Breach
from assent_sidecar.canonical import digest

REMEMBERED, RECALLED = "memory.remembered", "memory.recalled"
FORGOTTEN = "memory.forgotten"


class Lives:
    """What is there by the records of a trail so far: each memory with its subject and class."""

    def __init__(self) -> None:
        self._there: dict[str, tuple[str, str]] = {}
        self._ends: Counter[str] = Counter()
        self._destroyed: set[str] = set()

    def all_of(
        self,
        records: Sequence[Mapping[str, Any]],
        made: Collection[str],
        found: Collection[str],
        keyed: Collection[str],
    ) -> Iterator[Breach]:
        """Yield what is wrong in the trail of a tenant, and with what is left of the memories that were ``made``.

        ``found`` are all that are there, ``keyed`` the subjects that have a key.
        """
        for record in records:
            yield from self._after(record["event"], record.get("detail") or {})
        for one in made:
            if one in self._there and one not in found:
                yield Breach("GONE_UNSAID", f"the memory {one} is gone, and no record says why")
            if one not in self._there and one in found:
                yield Breach("FORGOTTEN_IS_BACK", f"the memory {one} had its end, and is there")
            if self._ends[one] > 1:
                yield Breach("GONE_TWICE", f"{self._ends[one]} records say that the memory {one} had its end")
        for subject in sorted(self._destroyed.intersection(keyed)):
            yield Breach("FORGOTTEN_IS_BACK", f"the key of {subject} was destroyed, and is there")

    def _after(self, event: str, detail: Mapping[str, Any]) -> Iterator[Breach]:
        match event:
            case "memory.remembered":
                self._there[detail["memory"]] = detail["subject"], detail["class"]
                self._destroyed.discard(detail["subject"])
            case "memory.recalled":
                due = self._of(detail["subject"], detail["class"])
                if set(due) != set(detail["memories"]):
                    yield Breach("RECALLED_OTHERWISE", f"{detail['memories']} were recalled, and {due} were there")
            case "memory.forgotten":
                gone = self._of(detail["subject"], detail.get("class"))
                if detail["digest"] != digest(gone):
                    yield Breach("RECEIPT_DIFFERS", f"the receipt {detail['receipt']} is not about {gone}")
                self._end(gone, detail)
            case "memory.expired":
                self._end(detail["memories"], detail)

    def _of(self, subject: str, name: str | None) -> list[str]:
        """Return what is there of a subject, in one class or in any."""
        return sorted(one for one, of in self._there.items() if of[0] == subject and name in (None, of[1]))

    def _end(self, gone: Collection[str], detail: Mapping[str, Any]) -> None:
        for one in gone:
            self._there.pop(one, None)
            self._ends[one] += 1
        if detail["key_destroyed"]:
            self._destroyed.add(detail["subject"])
