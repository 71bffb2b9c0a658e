"""How the renewal ended whose server was killed: everything that is promised of it, looked up and not assumed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assent.v1 import audit_pb2, runs_pb2
from assent_orchestrator.cli.chaos.effects import Effect
from assent_orchestrator.cli.demo.ending import Check, contact
from assent_orchestrator.cli.demo.letter import Letter
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.tools.value import from_struct
from assent_sidecar.model import Json

_OUTCOMES = frozenset({"action.succeeded", "action.failed", "action.unknown"})


@dataclass(frozen=True, slots=True)
class KillEnding:
    """What can be looked up afterwards.

    ``done_before`` are the steps that had succeeded before the kill, ``before`` is the number of the last record of the
    run then, ``effects`` is what the company's ledgers have, ``letters`` what arrived.
    """

    act: Act
    before: int
    done_before: tuple[str, ...]
    effects: tuple[Effect, ...]
    letters: tuple[Letter, ...]
    verification: audit_pb2.VerifyTrailResponse

    @property
    def records(self) -> list[tuple[int, dict[str, Json]]]:
        """The records of the run with their numbers, oldest first."""
        return [(record.seq, from_struct(record.record)) for record in self.act.records]

    @property
    def intents(self) -> Mapping[str, str]:
        """The idempotency key of each step that was to change something."""
        return {
            record["step"]: record["effect"]["idempotency_key"]
            for _, record in self.records
            if record["event"] == "action.intended" and record["action"]["effect"] != "read"
        }

    def times(self, step: str) -> int:
        """Return how often the company's ledgers have the effect of a step."""
        return Counter(effect.key for effect in self.effects)[self.intents.get(step, "")]

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every promise."""
        return tuple(self._checks())

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return all(check.kept for check in self.checks)

    def _checks(self) -> Iterator[Check]:
        yield Check("the renewal succeeded", self.act.run.state == runs_pb2.RUN_STATE_SUCCEEDED)
        yield Check(
            f"none of the {len(self.done_before)} steps that were done before the kill was begun again",
            bool(self.done_before) and not self._begun_again(),
        )
        yield Check("every intent has its outcome", self._all_settled())
        yield Check(
            "the company's ledgers have each effect of the run exactly once",
            bool(self.intents) and all(self.times(step) == 1 for step in self.intents),
        )
        arrived = [letter.to for letter in self.letters]
        yield Check("exactly one e-mail arrived", arrived == [contact(self.act)])
        yield Check("the trail is intact and complete", self.verification.intact)

    def _begun_again(self) -> bool:
        return any(
            seq > self.before and record["event"] == "action.intended" and record["step"] in self.done_before
            for seq, record in self.records
        )

    def _all_settled(self) -> bool:
        last = {record["step"]: record["event"] for _, record in self.records if record["event"].startswith("action.")}
        return bool(last) and all(event in _OUTCOMES - {"action.unknown"} for event in last.values())
