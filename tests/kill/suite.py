"""The kill suite: ``python -m tests.kill.suite``. It prints a table, and whatever was not honest.

Exit code 0 only if every transition was killed at, and nothing was found.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assent_orchestrator.cli.stage.program import last_words
from tests.kill.place import Place, opened
from tests.kill.plan import enumerate_points, every_trial, one_of_each_kind
from tests.kill.scenario import Victim, read_scenarios
from tests.kill.wave import Result, Trial, clash, wave

LANES = 12
"""Renewals at once: each that is stopped holds a connection, of which the server has 40 and its engine 20."""
_TRIES = 6
"""How often a trial is begun whose run, because of steps side by side, did not come to its transition."""


@dataclass(slots=True)
class Findings:
    """Everything that was tried. ``doubles``: what the company did more often than it noted."""

    results: list[Result] = field(default_factory=list)
    doubles: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether every kill hit, and nothing was found."""
        return not self.doubles and all(not one.breaches and one.missed is None for one in self.results)

    def faults(self) -> list[str]:
        """Return what was found, and what was never tried, a line each."""
        lines = [f"{one.trial}: {breach.code} {breach.what}" for one in self.results for breach in one.breaches]
        lines += [f"{one.trial}: never came to {one.missed}" for one in self.results if one.missed is not None]
        return [*lines, *self.doubles]

    def table(self) -> list[str]:
        """Return the rows of the report."""
        rows = [f"{'SCENARIO':<10} {'KILLED':<9} {'POINTS':>6} {'RUNS':>5} {'CALLS':>6}  FOUND"]
        for scenario, victim in dict.fromkeys((one.trial.scenario.name, one.trial.victim) for one in self.results):
            of = [one for one in self.results if (one.trial.scenario.name, one.trial.victim) == (scenario, victim)]
            points = len({strike.point for one in of for strike in one.trial.strikes if one.missed is None})
            found = sum(bool(one.breaches) for one in of)
            calls = sum(one.calls for one in of)
            rows.append(f"{scenario:<10} {victim:<9} {points:>6} {len(of):>5} {calls:>6}  {found or 'nothing'}")
        rows.append(f"{len(self.results)} runs in {self.seconds:.0f} s")
        return rows


async def kill_all(
    names: Sequence[str] = (),
    victims: Sequence[Victim] = (),
    *,
    bounded: bool = False,
    part: tuple[int, int] = (1, 1),
    lanes: int = LANES,
) -> Findings:
    """Enumerate the transitions of the scenarios and kill at each of them, or (``bounded``) at one of each kind.

    ``part`` (2, 8) is the second of eight parts: every eighth of the trials. Together they are all.
    """
    began = time.monotonic()
    findings = Findings()
    async with opened(lanes) as place:
        chosen = [one for one in read_scenarios() if not names or one.name in names]
        courses = await enumerate_points(place, chosen)
        trials = (
            one_of_each_kind(courses) if bounded else [trial for course in courses for trial in every_trial(course)]
        )
        for victim in Victim:
            wanted = [trial for trial in trials if trial.victim is victim and (not victims or victim in victims)]
            findings.results += await _all_of(place, wanted[part[0] - 1 :: part[1]], lanes)
        findings.doubles = [f"{one.code} {one.what}" for one in await place.doubles()]
        if not findings.good:
            said = last_words(place.ground.folder / "logs" / "company.log")
            print("the company's last words:", *said, sep="\n", file=sys.stderr, flush=True)  # noqa: T201 - a program
    findings.seconds = time.monotonic() - began
    return findings


async def _all_of(place: Place, trials: Sequence[Trial], lanes: int) -> list[Result]:
    done: list[Result] = []
    left = [(trial, 1) for trial in trials]
    while left:
        now, left = _next(left, lanes)
        began = time.monotonic()
        results = await wave(place, [trial for trial, _ in now])
        for (trial, tries), result in zip(now, results, strict=True):
            if result.missed is not None and not result.breaches and tries < _TRIES:
                left.append((trial, tries + 1))
            else:
                done.append(result)
        _tell(now[0][0].victim, len(left), results, time.monotonic() - began)
    return done


def _next(left: list[tuple[Trial, int]], lanes: int) -> tuple[list[tuple[Trial, int]], list[tuple[Trial, int]]]:
    """Divide what is left into the next wave and the rest."""
    now: list[tuple[Trial, int]] = []
    rest: list[tuple[Trial, int]] = []
    for one in left:
        full = len(now) == lanes or any(clash(one[0], trial) for trial, _ in now)
        (rest if full else now).append(one)
    return now, rest


def _tell(victim: Victim, left: int, results: Iterable[Result], seconds: float) -> None:
    found = [f"  {one.trial}: {breach.code} {breach.what}" for one in results for breach in one.breaches]
    print(f"{victim}: a wave in {seconds:.1f} s, {left} runs to go", *found, sep="\n", file=sys.stderr, flush=True)  # noqa: T201 - a program


def _part(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not 1 <= int(number) <= int(of):
        raise ValueError(text)
    return int(number), int(of)


def main() -> int:
    """Run it as the options say; return the exit code."""
    parser = argparse.ArgumentParser(prog="kill-suite", description=__doc__)
    parser.add_argument("--scenario", action="append", default=[], choices=[one.name for one in read_scenarios()])
    parser.add_argument("--victim", action="append", default=[], type=Victim, choices=list(Victim))
    parser.add_argument("--bounded", action="store_true", help="one transition of each kind, as the tests do")
    parser.add_argument("--part", type=_part, default=(1, 1), help="1/8 to 8/8: every eighth of the trials")
    parser.add_argument("--lanes", type=int, default=LANES, help="renewals at once")
    options = parser.parse_args()
    findings = asyncio.run(
        kill_all(options.scenario, options.victim, bounded=options.bounded, part=options.part, lanes=options.lanes)
    )
    print(*findings.table(), *findings.faults(), sep="\n")  # noqa: T201 - a program
    return 0 if findings.good else 1


if __name__ == "__main__":
    sys.exit(main())
