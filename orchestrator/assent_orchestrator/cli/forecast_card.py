"""One forecast as people read it."""

from rich.text import Text

from assent.v1 import runs_pb2 as wire
from assent.v1.decisions_pb2 import VERDICT_ALLOW, VERDICT_DEFER, VERDICT_REQUIRE_APPROVAL
from assent_orchestrator.cli import finding
from assent_orchestrator.cli.printing import say, table


def would_pass(forecast: wire.Forecast) -> bool:
    """Say whether the plan as a whole is allowed and no step would be denied or halt the run."""
    passing = {VERDICT_ALLOW, VERDICT_DEFER, VERDICT_REQUIRE_APPROVAL}
    return forecast.decision.verdict == VERDICT_ALLOW and all(step.verdict in passing for step in forecast.steps)


def show_forecast(forecast: wire.Forecast) -> None:
    """Write a forecast: each step, the approvals that will be asked for, and what makes the plan fail."""
    verdict = _verdict(forecast.decision.verdict, may_change=forecast.may_change)
    say(f"{forecast.plan.process} {forecast.plan.process_version}: ", verdict)
    for reason in forecast.decision.reasons:
        say(f"  {finding.reason_line(reason)}")
    _show_steps(forecast)
    for ahead in forecast.approvals:
        when = " if it is taken" if ahead.conditional else ""
        lines = "; ".join(finding.requirement_lines(ahead.requirement))
        say(f"needs approval: {ahead.step}{when}, by {lines}, because of {finding.codes_line(ahead.reasons)}")
    if forecast.HasField("failure"):
        _show_failure(forecast.failure)
    say(f"under revision {forecast.decision.revision}, decision {forecast.decision.decision_id}")


def _show_steps(forecast: wire.Forecast) -> None:
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


def _verdict(verdict: int, *, may_change: bool) -> Text:
    """Return a verdict, and whether it may be another one with what is not known yet."""
    return Text.assemble(finding.verdict_text(verdict), ", may change" if may_change else "")


def _show_failure(failure: wire.PlanFailure) -> None:
    if failure.plan_search == wire.SEARCH_FOUND:
        say(f"fails as a whole because of: {' '.join(failure.plan_steps)}; without these it would be allowed")
    elif failure.plan_search:
        say("fails as a whole: ", _UNFOUND.get(failure.plan_search, ""))
    for culprit in failure.culprits:
        first = finding.codes_line(list(culprit.reasons)[:1])
        say(f"fails because of: {culprit.step}, {first}: ", _arguments(culprit))


_UNFOUND = {
    wire.SEARCH_NOTHING: "nothing in it that could be left out makes it so",
    wire.SEARCH_GAVE_UP: "what in it makes it so was not found in time",
}


def _arguments(culprit: wire.Culprit) -> str:
    if culprit.search != wire.SEARCH_FOUND:
        return _UNFOUND.get(culprit.search, "")
    names = [
        f"{one.path or 'all arguments'} being {one.label}" if one.label else one.path or "all arguments"
        for one in culprit.arguments
    ]
    return " and ".join(names) + ("" if culprit.sufficient else "; without it there are other reasons")
