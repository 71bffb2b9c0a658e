"""One forecast as people read it."""

from collections.abc import Iterable

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
from assent_orchestrator.cli.printing import say, table

_STOP = "stops/"
"""What the rule of a stop's reason begins with; the stop's id follows."""


def would_pass(forecast: forecasts_pb2.Forecast) -> bool:
    """Say whether the plan is allowed as a whole, and no step, nor what it takes over, is denied or halts the run."""
    passing = {VERDICT_ALLOW, VERDICT_DEFER, VERDICT_REQUIRE_APPROVAL}
    steps = all(step.verdict in passing for step in forecast.steps)
    return forecast.decision.verdict == VERDICT_ALLOW and steps and not any(map(_withheld, forecast.hand_overs))


def show_forecast(forecast: forecasts_pb2.Forecast) -> None:
    """Write a forecast: each step, the approvals that will be asked for, and what makes the plan fail."""
    say(f"{forecast.plan.process} {forecast.plan.process_version}: ", _headline(forecast))
    for reason in forecast.decision.reasons:
        say(f"  {finding.reason_line(reason)}")
    _show_steps(forecast)
    _show_hand_overs(forecast)
    for ahead in forecast.approvals:
        when = " if it is taken" if ahead.conditional else ""
        lines = "; ".join(finding.requirement_lines(ahead.requirement))
        say(f"needs approval: {ahead.step}{when}, by {lines}, because of {finding.codes_line(ahead.reasons)}")
    open_ = [step.id for step in forecast.steps if step.may_change and step.verdict not in _REFUSED]
    if open_:
        say(f"cannot be judged yet: {' '.join(open_)}; with values not known now they may need approval, or be refused")
    _show_stops(forecast)
    if forecast.HasField("failure"):
        _show_failure(forecast.failure, stopped=bool(_stops(forecast.decision.reasons)))
    say(f"under revision {forecast.decision.revision}, decision {forecast.decision.decision_id}")


_REFUSED = {VERDICT_DENY: "denied", VERDICT_HALT: "halted"}


def _headline(forecast: forecasts_pb2.Forecast) -> Text:
    """Return what will become of the plan as a whole: its worst part counts."""
    if would_pass(forecast):
        return _verdict(forecast.decision.verdict, may_change=forecast.may_change)
    whole = forecast.decision
    frozen = {step.id for step in forecast.steps if _stops(step.reasons)}
    blamed = {culprit.step for culprit in forecast.failure.culprits}
    refused = [step for step in forecast.steps if step.verdict in _REFUSED and step.id not in frozen]
    named = [f"{step.id} is {_REFUSED[step.verdict]}" for step in refused if step.id in blamed or not blamed]
    named += [f"nothing passes from {one.source} to {one.target}" for one in forecast.hand_overs if _withheld(one)]
    if whole.verdict != VERDICT_ALLOW and not _stops(whole.reasons):
        named.insert(0, f"as a whole it is {_REFUSED.get(whole.verdict, finding.verdict_word(whole.verdict))}")
    if named:
        why = f": {', '.join(named)}"
        return Text.assemble(("would fail", "red"), why, ", may change" if forecast.may_change else "")
    if frozen or _stops(whole.reasons):
        return Text("would wait for a stop to be lifted", style="yellow")
    return _verdict(whole.verdict, may_change=forecast.may_change)


def _show_stops(forecast: forecasts_pb2.Forecast) -> None:
    """Write each stop once, with what waits for it: a stop freezes, it refuses nothing for good."""
    waiting: dict[str, list[str]] = {}
    told = {reason.rule: reason for reason in _stops(forecast.decision.reasons)}
    for step in forecast.steps:
        for reason in _stops(step.reasons):
            told[reason.rule] = reason
            waiting.setdefault(reason.rule, []).append(step.id)
    for rule, reason in told.items():
        who = " ".join(waiting.get(rule, ("the plan",)))
        say(f"waits: {who}: {reason.message}; lift it with: assent lift {rule.removeprefix(_STOP)}")


def _stops(reasons: Iterable[Reason]) -> list[Reason]:
    return [one for one in reasons if one.code == "STOPPED" and one.rule.startswith(_STOP)]


def _show_steps(forecast: forecasts_pb2.Forecast) -> None:
    actions = {step.id: (step.agent, step.action) for step in forecast.plan.steps}
    rows = []
    for step in forecast.steps:
        demands = [finding.obligation_line(one) for one in step.obligations]
        if step.HasField("approval"):
            demands.insert(0, f"approval by {finding.requirement_lines(step.approval)[0]}")
        agent, action = actions.get(step.id, ("", ""))
        rows.append(
            (
                step.id,
                agent,
                action,
                _verdict(step.verdict, may_change=step.may_change),
                finding.codes_line(step.reasons),
                "; ".join(demands),
                " ".join(step.unknown),
            )
        )
    table(("STEP", "AGENT", "ACTION", "VERDICT", "BECAUSE", "DEMANDS", "NOT YET KNOWN"), rows)


def _withheld(ahead: forecasts_pb2.HandOverForecast) -> bool:
    """Say whether nothing passes; a stop refuses nothing for good."""
    return bool(ahead.refusal) or (ahead.verdict in _REFUSED and not _stops(ahead.reasons))


def _show_hand_overs(forecast: forecasts_pb2.Forecast) -> None:
    rows = [
        (
            one.source,
            one.target,
            " ".join(one.steps),
            _verdict(one.verdict, may_change=bool(one.labels)),
            one.refusal or finding.codes_line(one.reasons),
            "; ".join(finding.obligation_line(duty) for duty in one.obligations),
            " ".join((*one.labels, *one.memory)),
        )
        for one in forecast.hand_overs
    ]
    if rows:
        table(("FROM", "TO", "FOR", "VERDICT", "BECAUSE", "DEMANDS", "MAY PASS"), rows)
    if forecast.hand_overs_omitted:
        say(f"and {forecast.hand_overs_omitted} more hand-overs, not asked about here")


def _verdict(verdict: int, *, may_change: bool) -> Text:
    """Return a verdict, and whether it may be another one with what is not known yet."""
    return Text.assemble(finding.verdict_text(verdict), ", may change" if may_change else "")


def _show_failure(failure: forecasts_pb2.PlanFailure, *, stopped: bool) -> None:
    if failure.plan_search == forecasts_pb2.SEARCH_FOUND:
        say(f"fails as a whole because of: {' '.join(failure.plan_steps)}; without these it would be allowed")
    elif failure.plan_search and not stopped:
        say("fails as a whole: ", _UNFOUND.get(failure.plan_search, ""))
    for culprit in failure.culprits:
        if _stops(culprit.reasons):
            continue
        first = "; ".join(finding.reason_line(one) for one in culprit.reasons[:1])
        say(f"fails because of: {culprit.step}, {first}: ", _arguments(culprit))


_UNFOUND = {
    forecasts_pb2.SEARCH_NOTHING: "nothing in it that could be left out makes it so",
    forecasts_pb2.SEARCH_GAVE_UP: "what in it makes it so was not found in time",
}


def _arguments(culprit: forecasts_pb2.Culprit) -> str:
    if culprit.search != forecasts_pb2.SEARCH_FOUND:
        return _UNFOUND.get(culprit.search, "")
    names = [
        f"{one.path or 'all arguments'} being {one.label}" if one.label else one.path or "all arguments"
        for one in culprit.arguments
    ]
    return " and ".join(names) + ("" if culprit.sufficient else "; without it there are other reasons")
