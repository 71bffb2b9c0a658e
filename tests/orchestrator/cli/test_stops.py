import pytest

from tests.orchestrator.cli.program import Desk


@pytest.mark.requirement("cli.stops")
def test_a_stop_is_given_listed_shown_and_lifted(desk: Desk) -> None:
    given = desk("stop", "agent", "service_desk", "--reason", "it refunds the wrong people", "--as", "olga")
    assert given.code == 0, given.err
    assert given.out.startswith("stopped agent service_desk; lift it with: assent lift ")
    stop = given.out.split()[-3]
    try:
        listed = desk("stops", "list")
        assert any(
            stop in line and "in_force" in line and "agent service_desk" in line for line in listed.out.splitlines()
        )
        run = desk.run()
        shown = desk("runs", "show", run)
        assert shown.code == 0, shown.err
        plan = desk("plan", "simulate", "plans/refund.yaml")
        assert sum("STOPPED" in line for line in plan.out.splitlines() if "service_desk" in line) == 3, plan.out
        assert plan.code == 1, "the plan as a whole is allowed, its steps are not"
    finally:
        lifted = desk("lift", stop, "-m", "mended", "--as", "olga")
    assert (lifted.code, lifted.out) == (0, "lifted the stop of agent service_desk\n")
    assert desk("runs", "watch", run).code == 0
    card = desk("stops", "show", stop)
    assert "it refunds the wrong people" in card.out
    assert "lifted by olga" in card.out
    assert stop not in desk("stops", "list").out
    assert stop in desk("stops", "list", "--all", "--scope", "agent").out


@pytest.mark.requirement("cli.stops")
def test_a_run_is_stopped_by_its_id_or_its_name_and_programs_get_json(desk: Desk) -> None:
    run, _ = desk.waiting()
    given = desk("stop", "run", f"tenants/local/runs/{run}", "-m", "why", "--as", "olga", "--request-id", "a", "--json")
    again = desk("stop", "run", run, "-m", "why", "--as", "olga", "--request-id", "a", "--json")
    assert given.json == again.json
    assert (given.json["scope"], given.json["value"], given.json["state"]) == (
        "STOP_SCOPE_RUN", run, "STOP_STATE_IN_FORCE",
    )  # fmt: skip
    name = given.json["name"]
    assert [one["name"] for one in desk("stops", "list", "--json").json["stops"]] == [name]
    lifted = desk("lift", name, "-m", "done", "--as", "olga", "--json")
    assert lifted.json["lifter"] == "olga"
    assert desk("lift", name, "-m", "done", "--as", "olga").code == 6


@pytest.mark.requirement("cli.stops", "cli.exit-codes")
@pytest.mark.parametrize(
    ("who", "arguments", "code", "said"),
    [
        ("sam", ("tenant",), 5, "operator"),
        ("olga", ("all",), 5, "platform_operator"),
        ("olga", ("agent", "service_dsek"), 3, "VALUE_UNKNOWN"),
        ("olga", ("agent",), 3, "VALUE_MISSING"),
        ("olga", ("everything",), 2, "everything"),
    ],
)
def test_what_cannot_be_stopped_is_said_in_words(
    desk: Desk, who: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    refused = desk("stop", *arguments, "--reason", "why", "--as", who)
    assert (refused.code, said in refused.err) == (code, True), refused.err
    assert desk("stops", "list").out == "nothing is stopped\n"
