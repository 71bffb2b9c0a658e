"""One forecast as people read it."""

from collections.abc import Iterable

from assent.v1 import forecasts_pb2
from assent_orchestrator.cli import finding
from assent_orchestrator.cli.headline import REFUSED, STOP, headline, stops, verdict_with_doubt
from assent_orchestrator.cli.printing import say, table


def show_forecast(forecast: forecasts_pb2.Forecast) -> None:
    """Write a forecast: each step, the approvals that will be asked for, and what makes the plan fail."""
    say(f"{forecast.plan.process} {forecast.plan.process_version}: ", headline(forecast))
    for reason in forecast.decision.reasons:
        say(f"  {finding.reason_line(reason)}")
    _show_steps(forecast)
    _show_hand_overs(forecast)
    for ahead in forecast.approvals:
        when = " if it is taken" if ahead.conditional else ""
        lines = "; ".join(finding.requirement_lines(ahead.requirement))
        say(f"needs approval: {ahead.step}{when}, by {lines}, because of {finding.codes_line(ahead.reasons)}")
    for over in forecast.hand_overs:
        if over.HasField("approval"):
            lines = "; ".join(finding.requirement_lines(over.approval))
            say(
                f"needs approval: {over.source} hands over to {over.target} for {' '.join(over.steps)}, by {lines},"
                f" because of {finding.codes_line(over.reasons)}"
            )
    open_ = [step.id for step in forecast.steps if step.may_change and step.verdict not in REFUSED]
    if open_:
        say(f"cannot be judged yet: {' '.join(open_)}; with values not known now they may need approval, or be refused")
    _show_stops(forecast)
    if forecast.HasField("failure"):
        _show_failure(forecast.failure, stopped=bool(stops(forecast.decision.reasons)))
    say(f"under revision {forecast.decision.revision}, decision {forecast.decision.decision_id}")


def _show_stops(forecast: forecasts_pb2.Forecast) -> None:
    """Write each stop once, with what waits for it: a stop freezes, it refuses nothing for good."""
    waiting: dict[str, list[str]] = {}
    told = {reason.rule: reason for reason in stops(forecast.decision.reasons)}
    for step in forecast.steps:
        for reason in stops(step.reasons):
            told[reason.rule] = reason
            waiting.setdefault(reason.rule, []).append(step.id)
    for rule, reason in told.items():
        who = " ".join(waiting.get(rule, ("the plan",)))
        say(f"waits: {who}: {reason.message}; lift it with: assent lift {rule.removeprefix(STOP)}")


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
                verdict_with_doubt(step.verdict, may_change=step.may_change),
                finding.codes_line(step.reasons),
                "; ".join(demands),
                " ".join(step.unknown),
            )
        )
    table(("STEP", "AGENT", "ACTION", "VERDICT", "BECAUSE", "DEMANDS", "NOT YET KNOWN"), rows)


def _show_hand_overs(forecast: forecasts_pb2.Forecast) -> None:
    rows = [
        (
            one.source,
            one.target,
            " ".join(one.steps),
            verdict_with_doubt(one.verdict, may_change=bool(one.labels)),
            one.refusal or finding.codes_line(one.reasons),
            "; ".join(_demands(one)),
            " ".join((*one.labels, *one.memory)),
        )
        for one in forecast.hand_overs
    ]
    if rows:
        table(("FROM", "TO", "FOR", "VERDICT", "BECAUSE", "DEMANDS", "MAY PASS"), rows)
    if forecast.hand_overs_omitted:
        say(f"and {forecast.hand_overs_omitted} more hand-overs, not asked about here")


def _demands(ahead: forecasts_pb2.HandOverForecast) -> Iterable[str]:
    if ahead.HasField("approval"):
        yield f"approval by {finding.requirement_lines(ahead.approval)[0]}"
    yield from map(finding.obligation_line, ahead.obligations)


def _show_failure(failure: forecasts_pb2.PlanFailure, *, stopped: bool) -> None:
    if failure.plan_search == forecasts_pb2.SEARCH_FOUND:
        say(f"fails as a whole because of: {' '.join(failure.plan_steps)}; without these it would be allowed")
    elif failure.plan_search and not stopped:
        say("fails as a whole: ", _UNFOUND.get(failure.plan_search, ""))
    for culprit in failure.culprits:
        if stops(culprit.reasons):
            continue
        first = "; ".join(finding.reason_line(one) for one in culprit.reasons[:1])
        said = _arguments(culprit)
        say(f"fails because of: {culprit.step}, {first}{': ' if said else ''}", said)


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
