"""What will become of a forecast plan as a whole, the same however it is shown."""

from collections.abc import Iterable, Sequence

from rich.text import Text

from assent.v1 import forecasts_pb2
from assent.v1.decisions_pb2 import (
    VERDICT_ALLOW,
    VERDICT_DEFER,
    VERDICT_DENY,
    VERDICT_HALT,
    VERDICT_REQUIRE_APPROVAL,
    Reason,
)
from assent_orchestrator.cli import finding
from assent_orchestrator.cli.printing import coloured

REFUSED = {VERDICT_DENY: "denied", VERDICT_HALT: "halted"}
"""What is said of a step with one of these verdicts."""

STOP = "stops/"
"""What the rule of a stop's reason begins with; the stop's id follows."""


def would_pass(forecast: forecasts_pb2.Forecast) -> bool:
    """Say whether the plan is allowed as a whole, and no step, nor what it takes over, is denied or halts the run."""
    passing = {VERDICT_ALLOW, VERDICT_DEFER, VERDICT_REQUIRE_APPROVAL}
    steps = all(step.verdict in passing for step in forecast.steps)
    return forecast.decision.verdict == VERDICT_ALLOW and steps and not any(map(withheld, forecast.hand_overs))


def headline(forecast: forecasts_pb2.Forecast) -> Text:
    """Return what will become of the plan as a whole: its worst part counts."""
    if would_pass(forecast):
        return verdict_with_doubt(forecast.decision.verdict, may_change=forecast.may_change)
    whole = forecast.decision
    frozen = {step.id for step in forecast.steps if stops(step.reasons)}
    blamed = {culprit.step for culprit in forecast.failure.culprits}
    refused = [step for step in forecast.steps if step.verdict in REFUSED and step.id not in frozen]
    named = [f"{step.id} {_ends(step)}" for step in refused if step.id in blamed or not blamed]
    between = [one for one in forecast.hand_overs if withheld(one)]
    named += list(dict.fromkeys(f"nothing passes from {one.source} to {one.target}" for one in between))
    if whole.verdict != VERDICT_ALLOW and not stops(whole.reasons):
        named.insert(0, f"as a whole it is {REFUSED.get(whole.verdict, finding.verdict_word(whole.verdict))}")
    if code := _one_code(forecast, refused, between):
        named = [f"everything is refused, {code}"]
    if named:
        why = f": {', '.join(named)}"
        return Text.assemble(coloured("would fail"), why, ", may change" if forecast.may_change else "")
    if frozen or stops(whole.reasons):
        return coloured("would wait for a stop to be lifted")
    return verdict_with_doubt(whole.verdict, may_change=forecast.may_change)


def _one_code(
    forecast: forecasts_pb2.Forecast,
    refused: Sequence[forecasts_pb2.StepForecast],
    between: Sequence[forecasts_pb2.HandOverForecast],
) -> str:
    """Return the one code for which every step and hand-over is refused; empty: there are several, or some pass."""
    if not refused or len(refused) < len(forecast.steps) or len(between) < len(forecast.hand_overs):
        return ""
    whys = [*(one.reasons for one in refused), *(one.reasons for one in between)]
    codes = {reason.code for why in whys for reason in why}
    alike = len(codes) == 1 and all(whys) and not any(one.refusal for one in between)
    return codes.pop() if alike and len(whys) > 1 else ""


def _ends(step: forecasts_pb2.StepForecast) -> str:
    return "fails once it is done" if step.fails_when_done else f"is {REFUSED[step.verdict]}"


def withheld(ahead: forecasts_pb2.HandOverForecast) -> bool:
    """Say whether nothing passes; a stop refuses nothing for good."""
    return bool(ahead.refusal) or (ahead.verdict in REFUSED and not stops(ahead.reasons))


def stops(reasons: Iterable[Reason]) -> list[Reason]:
    """Return those of the reasons that are stops: they freeze, and refuse nothing for good."""
    return [one for one in reasons if one.code == "STOPPED" and one.rule.startswith(STOP)]


def verdict_with_doubt(verdict: int, *, may_change: bool) -> Text:
    """Return a verdict, and whether it may be another one with what is not known yet."""
    return Text.assemble(finding.verdict_text(verdict), ", may change" if may_change else "")
