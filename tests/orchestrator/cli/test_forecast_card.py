import pytest

from assent.v1 import decisions_pb2, forecasts_pb2, plans_pb2
from assent_orchestrator.cli.forecast_card import show_forecast
from assent_orchestrator.cli.headline import would_pass

ALLOW, DENY = decisions_pb2.VERDICT_ALLOW, decisions_pb2.VERDICT_DENY
REASONS = [decisions_pb2.Reason(code="TOO_MUCH", control="FIN-07"), decisions_pb2.Reason(code="FINE")]


@pytest.mark.requirement("cli.plan-simulate-fails", "cli.exit-codes")
@pytest.mark.parametrize(
    ("plan", "step", "passes"),
    [
        (ALLOW, ALLOW, True),
        (ALLOW, decisions_pb2.VERDICT_REQUIRE_APPROVAL, True),
        (ALLOW, decisions_pb2.VERDICT_DEFER, True),
        (ALLOW, DENY, False),
        (ALLOW, decisions_pb2.VERDICT_HALT, False),
        (ALLOW, decisions_pb2.VERDICT_UNSPECIFIED, False),
        (DENY, ALLOW, False),
        (decisions_pb2.VERDICT_REQUIRE_APPROVAL, ALLOW, False),
        (decisions_pb2.VERDICT_UNSPECIFIED, ALLOW, False),
    ],
)
def test_a_plan_passes_only_when_nothing_of_it_would_be_refused(plan: int, step: int, passes: bool) -> None:
    forecast = forecasts_pb2.Forecast()
    forecast.decision.verdict = plan  # type: ignore[assignment] # any of them
    forecast.steps.add().verdict = step  # type: ignore[assignment] # as above
    assert would_pass(forecast) is passes


@pytest.mark.requirement("cli.plan-simulate-fails")
def test_what_a_plan_needs_and_what_makes_it_fail_is_read_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    argument, found = forecasts_pb2.CulpritArgument, forecasts_pb2.SEARCH_FOUND
    boss = decisions_pb2.ApprovalRequirement(stages=[decisions_pb2.ApprovalStage(role="boss", quorum=2)])
    forecast = forecasts_pb2.Forecast(
        decision=decisions_pb2.Decision(verdict=DENY, revision="sha256:1", decision_id="d-1"),
        plan=plans_pb2.Plan(process="refund", process_version="1"),
        steps=[forecasts_pb2.StepForecast(id="pay", verdict=DENY, reasons=REASONS, unknown=["/to"], may_change=True)],
        approvals=[
            forecasts_pb2.ApprovalForecast(step="tell", requirement=boss, reasons=REASONS[:1], conditional=True)
        ],
        failure=forecasts_pb2.PlanFailure(
            plan_search=found,
            plan_steps=["pay", "tell"],
            culprits=[
                forecasts_pb2.Culprit(
                    step="pay",
                    reasons=REASONS,
                    search=found,
                    arguments=[argument(path="/amount"), argument(path="/note", label="pii"), argument(label="secret")],
                    sufficient=True,
                ),
                forecasts_pb2.Culprit(step="a", reasons=REASONS, search=found, arguments=[argument(path="/b")]),
                forecasts_pb2.Culprit(step="c", reasons=REASONS, search=forecasts_pb2.SEARCH_NOTHING),
                forecasts_pb2.Culprit(step="d", reasons=REASONS, search=forecasts_pb2.SEARCH_GAVE_UP),
            ],
        ),
        may_change=True,
    )
    show_forecast(forecast)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "refund 1: would fail: as a whole it is denied, pay is denied, may change"
    assert lines[2].startswith("pay   deny, may change  TOO_MUCH (FIN-07), FINE  /to")
    assert lines[3:] == [
        "needs approval: tell if it is taken, by 2 x boss, because of TOO_MUCH (FIN-07)",
        "fails as a whole because of: pay tell; without these it would be allowed",
        "fails because of: pay, TOO_MUCH (FIN-07): /amount and /note being pii and all arguments being secret",
        "fails because of: a, TOO_MUCH (FIN-07): /b; without it there are other reasons",
        "fails because of: c, TOO_MUCH (FIN-07): nothing in it that could be left out makes it so",
        "fails because of: d, TOO_MUCH (FIN-07): what in it makes it so was not found in time",
        "under revision sha256:1, decision d-1",
    ]


@pytest.mark.requirement("cli.plan-simulate-fails")
def test_what_waits_for_a_stop_does_not_fail_and_the_stop_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    told = "stop 5a1c is in force (agent desk): wrong accounts"
    stopped = decisions_pb2.Reason(code="STOPPED", message=told, rule="stops/5a1c")
    forecast = forecasts_pb2.Forecast(
        decision=decisions_pb2.Decision(verdict=ALLOW),
        plan=plans_pb2.Plan(process="refund", process_version="1"),
        steps=[forecasts_pb2.StepForecast(id=step, verdict=DENY, reasons=[stopped]) for step in ("order", "pay")],
        failure=forecasts_pb2.PlanFailure(
            culprits=[forecasts_pb2.Culprit(step="order", reasons=[stopped], search=forecasts_pb2.SEARCH_NOTHING)]
        ),
    )
    show_forecast(forecast)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "refund 1: would wait for a stop to be lifted"
    assert f"waits: order pay: {told}; lift it with: assent lift 5a1c" in lines
    assert not [line for line in lines if line.startswith("fails")]


@pytest.mark.requirement("cli.plan-simulate-fails")
def test_what_cannot_be_judged_yet_is_named_and_a_refused_step_is_in_the_headline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    forecast = forecasts_pb2.Forecast(
        decision=decisions_pb2.Decision(verdict=ALLOW),
        plan=plans_pb2.Plan(process="refund", process_version="1"),
        steps=[
            forecasts_pb2.StepForecast(id="pay", verdict=ALLOW, may_change=True),
            forecasts_pb2.StepForecast(id="tell", verdict=DENY, reasons=REASONS),
        ],
        may_change=True,
    )
    show_forecast(forecast)
    said = capsys.readouterr().out
    assert said.splitlines()[0] == "refund 1: would fail: tell is denied, may change"
    assert "cannot be judged yet: pay; with values not known now they may need approval, or be refused" in said


@pytest.mark.requirement("orchestrator.handoff-foreseen")
def test_hand_overs_are_told_and_one_that_is_refused_makes_the_plan_fail(capsys: pytest.CaptureFixture[str]) -> None:
    handing = forecasts_pb2.HandOverForecast
    forecast = forecasts_pb2.Forecast(
        decision=decisions_pb2.Decision(verdict=ALLOW),
        plan=plans_pb2.Plan(process="refund", process_version="1"),
        steps=[forecasts_pb2.StepForecast(id="pay", verdict=ALLOW)],
        hand_overs=[handing(source="desk", target="bank", steps=["pay", "tell"], verdict=ALLOW, labels=["pii"])],
        hand_overs_omitted=2,
    )
    show_forecast(forecast)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "refund 1: allow"
    assert any(line.split() == ["desk", "bank", "pay", "tell", "allow,", "may", "change", "pii"] for line in said)
    assert "and 2 more hand-overs, not asked about here" in said
    assert would_pass(forecast)
    forecast.hand_overs.append(handing(source="bank", target="desk", verdict=DENY, reasons=REASONS))
    assert not would_pass(forecast)
    show_forecast(forecast)
    assert capsys.readouterr().out.splitlines()[0] == "refund 1: would fail: nothing passes from bank to desk"
    forecast.hand_overs[1].CopyFrom(
        handing(source="bank", target="desk", verdict=ALLOW, refusal="OBLIGATION_UNSUPPORTED")
    )
    assert not would_pass(forecast)
    boss = decisions_pb2.ApprovalRequirement(stages=[decisions_pb2.ApprovalStage(role="boss", quorum=2)])
    asking = decisions_pb2.VERDICT_REQUIRE_APPROVAL
    forecast.hand_overs[1].CopyFrom(
        handing(source="bank", target="desk", steps=["tell"], verdict=asking, reasons=REASONS[:1], approval=boss)
    )
    assert would_pass(forecast)
    show_forecast(forecast)
    said = capsys.readouterr().out.splitlines()
    assert "needs approval: bank hands over to desk for tell, by 2 x boss, because of TOO_MUCH (FIN-07)" in said, said
    assert any("approval by 2 x boss" in line for line in said if line.startswith("bank"))
    stopped = decisions_pb2.Reason(code="STOPPED", message="stop 5a1c is in force", rule="stops/5a1c")
    forecast.hand_overs[1].CopyFrom(handing(source="bank", target="desk", verdict=DENY, reasons=[stopped]))
    assert would_pass(forecast)


@pytest.mark.requirement("cli.plan-simulate-fails")
@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (["ORG_NOT_MET"] * 4, "everything is refused, ORG_NOT_MET"),
        (
            ["ORG_NOT_MET", "ORG_NOT_MET", "ORG_NOT_MET", "NO_SENDING"],
            "pay is denied, tell is denied, nothing passes from desk to bank",
        ),
    ],
)
def test_what_is_refused_for_one_reason_is_said_once(
    capsys: pytest.CaptureFixture[str], codes: list[str], said: str
) -> None:
    pay, tell, *passing = ([decisions_pb2.Reason(code=code)] for code in codes)
    forecast = forecasts_pb2.Forecast(
        decision=decisions_pb2.Decision(verdict=ALLOW),
        plan=plans_pb2.Plan(process="refund", process_version="1"),
        steps=[
            forecasts_pb2.StepForecast(id="pay", verdict=DENY, reasons=pay),
            forecasts_pb2.StepForecast(id="tell", verdict=DENY, reasons=tell),
        ],
        hand_overs=[
            forecasts_pb2.HandOverForecast(source="desk", target="bank", verdict=DENY, reasons=why) for why in passing
        ],
    )
    show_forecast(forecast)
    assert capsys.readouterr().out.splitlines()[0] == f"refund 1: would fail: {said}"
