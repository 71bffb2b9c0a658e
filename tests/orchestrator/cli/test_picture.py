"""Pictures of forecasts, against what was looked at once and found good: tests/cases/pictures/."""

import re
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from assent.v1 import decisions_pb2, forecasts_pb2, plans_pb2
from assent_orchestrator.cli.forecast_card import show_forecast
from assent_orchestrator.cli.picture.dot import dot
from assent_orchestrator.cli.picture.mermaid import mermaid
from assent_orchestrator.cli.picture.picture import picture_of
from tests.orchestrator.cli.pictures import PICTURES, drawn_in_every_way, forecast, text
from tests.orchestrator.cli.program import Desk

CASES = sorted(PICTURES.iterdir())
ALLOW, DENY = decisions_pb2.VERDICT_ALLOW, decisions_pb2.VERDICT_DENY


def waiting(edges: dict[str, set[str]]) -> forecasts_pb2.Forecast:
    """A forecast of steps that wait for these."""
    steps = [forecasts_pb2.StepForecast(id=name, verdict=ALLOW, depends_on=sorted(on)) for name, on in edges.items()]
    planned = [plans_pb2.PlanStep(id=name, agent="a", action="s.o") for name in edges]
    return forecasts_pb2.Forecast(steps=steps, plan=plans_pb2.Plan(process="p", steps=planned))


@pytest.mark.requirement("orchestrator.pictures", "orchestrator.pictures-escape")
@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", ["terminal-80.txt", "terminal-120.txt", "flowchart.mmd", "graph.dot"])
def test_a_forecast_is_drawn_as_it_was_found_good(folder: Path, name: str) -> None:
    assert drawn_in_every_way(forecast(folder))[name] == (folder / name).read_text(encoding="utf-8")


@pytest.mark.requirement("orchestrator.pictures")
def test_every_step_verdict_approval_ledger_and_label_of_the_example_is_in_every_picture() -> None:
    found = forecast(PICTURES / "renewal")
    picture = picture_of(found)
    for drawn in (text(picture, 250), mermaid(picture), dot(picture)):
        assert not [step.id for step in found.steps if step.id not in drawn]
        assert {"allow", "discount_eur", "pii", "confidential", "stable", "at_risk", "upsell"} <= set(
            re.findall(r"[a-z_]+", drawn)
        )
    refused = picture_of(forecast(PICTURES / "refused"))
    for drawn in (text(refused, 250), mermaid(refused), dot(refused)):
        assert "needs approval by 1 x lead, then 2 x cfo" in drawn
        assert "reserves 120.00" in drawn
    assert "confidential" not in {label for flow in refused.flows for label in flow.labels}, (
        "note is denied: it sends nothing"
    )


@pytest.mark.requirement("orchestrator.pictures")
def test_where_another_agent_goes_on_is_told_at_the_step_and_drawn_on_the_edge() -> None:
    found = waiting({"read": set(), "write": {"read"}, "send": {"write"}})
    for step, agent in zip(found.plan.steps, ("reader", "writer", "writer"), strict=True):
        step.agent = agent
    found.hand_overs.add(source="reader", target="writer", steps=["write"], verdict=ALLOW)
    found.hand_overs.add(source="other", target="writer", steps=["write", "send"], refusal="HANDOFF_TOO_DEEP")
    found.hand_overs.add(source="writer", target="scribe", steps=["send"], verdict=ALLOW, reason="call")
    picture = picture_of(found)
    assert [(edge.source, edge.target) for edge in picture.edges if edge.hands_over] == [("read", "write")]
    assert {node.key: node.taken_over for node in picture.nodes} == {
        "read": (),
        "write": ("handed over by reader: allow", "handed over by other: refused because of HANDOFF_TOO_DEEP"),
        "send": ("handed over by other: refused because of HANDOFF_TOO_DEEP", "handed over to scribe: allow"),
    }
    for drawn in (text(picture, 120), mermaid(picture), dot(picture)):
        assert drawn.count("HANDOFF_TOO_DEEP") == 2
    assert ("n0 ==> n1" in mermaid(picture), "n1 ==> n2" in mermaid(picture)) == (True, False)


@pytest.mark.requirement("orchestrator.pictures", "orchestrator.handoff-approved")
def test_a_hand_over_that_people_have_to_let_pass_says_who() -> None:
    found = waiting({"read": set(), "write": {"read"}})
    for step, agent in zip(found.plan.steps, ("reader", "writer"), strict=True):
        step.agent = agent
    over = found.hand_overs.add(source="reader", target="writer", steps=["write"])
    over.verdict = decisions_pb2.VERDICT_REQUIRE_APPROVAL
    over.reasons.add(code="LEAVES_LEGAL")
    over.approval.stages.add(role="counsel", quorum=1)
    picture = picture_of(found)
    line = "handed over by reader: require_approval because of LEAVES_LEGAL, approval by 1 x counsel"
    assert {node.key: node.taken_over for node in picture.nodes} == {"read": (), "write": (line,)}
    for drawn in (text(picture, 120), mermaid(picture), dot(picture)):
        assert "counsel" in drawn
    assert [(edge.source, edge.target) for edge in picture.edges if edge.hands_over] == [("read", "write")]


@pytest.mark.requirement("orchestrator.pictures")
@pytest.mark.parametrize("reason", ["next", "call"])
@pytest.mark.parametrize(
    ("verdict", "refusal", "said"),
    [(DENY, "", "deny because of NOT_YOURS"), (ALLOW, "HANDOFF_TOO_DEEP", "refused because of HANDOFF_TOO_DEEP")],
)
def test_to_a_step_behind_a_hand_over_that_is_refused_nothing_flows_and_the_plan_would_fail(
    capsys: pytest.CaptureFixture[str], verdict: decisions_pb2.Verdict, refusal: str, said: str, reason: str
) -> None:
    found = waiting({"read": set(), "write": {"read"}})
    found.decision.verdict = ALLOW
    found.steps[0].labels[""].labels.append("public")
    found.steps[1].labels[""].labels.append("pii")
    why = [] if refusal else [decisions_pb2.Reason(code="NOT_YOURS")]
    found.hand_overs.add(
        source="a", target="b", steps=["write"], reason=reason, verdict=verdict, refusal=refusal, reasons=why
    )
    picture = picture_of(found)
    assert {node.key: node.said for node in picture.nodes} == {"read": "allow", "write": "deny"}
    assert [flow.labels for flow in picture.flows] == [("public",)]
    assert not [edge for edge in picture.edges if edge.hands_over]
    show_forecast(found)
    title = capsys.readouterr().out.splitlines()[0]
    assert title == "p : would fail: nothing passes from a to b"
    assert picture.verdict == title.removeprefix("p : ")
    for drawn in (text(picture, 120), mermaid(picture), dot(picture)):
        assert said in drawn
        assert picture.verdict in drawn
        assert "pii" not in drawn


_NAME = st.text(min_size=1, max_size=12).filter(lambda name: name.strip())


@pytest.mark.requirement("orchestrator.pictures-escape")
@given(name=_NAME, label=_NAME, ledger=_NAME)
def test_no_name_becomes_a_part_of_the_drawing(name: str, label: str, ledger: str) -> None:
    """With whatever names, the drawing has the lines, and outside of quotes the text, that it has with plain ones."""

    def drawn(*names: str) -> list[str]:
        step, sort, account = names
        found = ParseDict(
            {
                "plan": {"process": step, "steps": [{"id": step, "agent": step, "action": f"{sort}.{sort}"}]},
                "steps": [
                    {
                        "id": step,
                        "verdict": "VERDICT_ALLOW",
                        "labels": {"": {"labels": [sort]}},
                        "ledgers": [{"ledger": account, "limit": "1", "remaining": "1"}],
                    }
                ],
                "hand_overs": [{"source": account, "target": step, "steps": [step], "refusal": sort}],
            },
            forecasts_pb2.Forecast(),
        )
        picture = picture_of(found)
        return [mermaid(picture).split("---\n", 2)[2], dot(picture)]

    for mine, plain in zip(drawn(name, label, ledger), drawn("a", "b", "c"), strict=True):
        bare = [re.sub(r'"(?:[^"\\]|\\.)*"', '""', one) for one in (mine, plain)]
        assert bare[0] == bare[1]
        assert mine.isprintable() or set(filter(lambda sign: not sign.isprintable(), mine)) == {"\n"}


@pytest.mark.requirement("orchestrator.pictures", "orchestrator.obligation-remember-foreseen")
def test_a_step_that_fails_once_it_is_done_is_denied_and_what_it_sends_out_is_drawn() -> None:
    found = waiting({"pay": set()})
    (step,) = found.steps
    found.decision.verdict = ALLOW
    step.verdict, step.fails_when_done = DENY, True
    step.reasons.add(code="OBLIGATION_UNFULFILLED")
    step.labels[""].labels.append("pii")
    picture = picture_of(found)
    assert "would fail: pay fails once it is done" in picture.verdict
    (node,) = picture.nodes
    assert node.notes == ("because of OBLIGATION_UNFULFILLED", "fails once it is done", "sends out pii")
    assert [flow.labels for flow in picture.flows] == [("pii",)]
    found.hand_overs.add(source="desk", target="a", steps=["pay"], verdict=DENY)
    (cut_off,) = picture_of(found).nodes
    assert (cut_off.verdict, cut_off.labels, cut_off.fails_when_done) == ("deny", (), False)


@pytest.mark.requirement("orchestrator.pictures", "orchestrator.obligation-remember-foreseen")
def test_what_is_remembered_stays_inside_and_is_said_with_its_class() -> None:
    found = waiting({"keep": set(), "look": set(), "drop": set(), "tell": set()})
    for written, action in zip(found.plan.steps, ("remember", "recall", "forget"), strict=False):
        written.action = f"memory.{action}"
        written.args["class"] = "wishes"
    del found.plan.steps[2].args["class"]
    for step in found.steps:
        step.labels[""].labels.append("pii")
    picture = picture_of(found)
    assert [node.notes for node in picture.nodes] == [
        ("is remembered as wishes: pii",),
        ("recalls what is remembered as wishes",),
        ("forgets what is remembered",),
        ("sends out pii",),
    ]
    assert [(flow.system, [node.key for node in flow.nodes]) for flow in picture.flows] == [("s", ["tell"])]
    found.steps[0].verdict = DENY
    assert picture_of(found).nodes[0].notes == ()


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, set[str]]:
    names = [f"s{at}" for at in range(draw(st.integers(1, 12)))]
    return {
        name: set(draw(st.lists(st.sampled_from(names[:at]), max_size=4))) if at else set()
        for at, name in enumerate(names)
    }


def above(edges: dict[str, set[str]], name: str) -> set[str]:
    return edges[name].union(*(above(edges, one) for one in edges[name]))


@pytest.mark.requirement("orchestrator.pictures")
@given(edges=graphs())
def test_whatever_waits_for_whatever_is_behind_it_in_the_picture_and_no_order_is_lost_or_made_up(
    edges: dict[str, set[str]],
) -> None:
    picture = picture_of(waiting(edges))
    drawn: dict[str, set[str]] = {name: set() for name in edges}
    for edge in picture.edges:
        drawn[edge.target].add(edge.source)
    assert {name: above(drawn, name) for name in edges} == {name: above(edges, name) for name in edges}
    place = {node.key: at for at, node in enumerate(picture.nodes)}
    assert all(place[edge.source] < place[edge.target] for edge in picture.edges)


@pytest.mark.requirement("orchestrator.pictures")
@given(edges=graphs())
def test_rails_lead_from_each_step_to_exactly_those_that_wait_for_it(edges: dict[str, set[str]]) -> None:
    """The picture is read as an eye does: down from each step, along what is joined, to the steps at the ends."""
    picture = picture_of(waiting(edges))
    wanted = {(edge.source, edge.target) for edge in picture.edges}
    lines = text(picture, 250).splitlines()[1:]
    rows = dict(enumerate(lines))
    read = set()
    names = {at: re.search(r"s\d+", line[line.index("●") :]) for at, line in rows.items() if "●" in line}
    for at, name in names.items():
        assert name
        for end in _ends(lines, at + 1, rows[at].index("●")):
            read.add((name[0], names[end][0]))  # type: ignore[index] # every row with a step has its name
    assert read == wanted


def _ends(lines: list[str], at: int, column: int) -> set[int]:
    """Return the rows of the steps that the rails below a step lead down to."""
    sign = lines[at][column] if at < len(lines) and column < len(lines[at]) else " "
    here = {column} if sign == "│" else _joined(lines[at], column) if sign in "├┤┼└┘┴" else set()
    found: set[int] = set()
    for row in range(at + 1, len(lines)):
        signs = {one: lines[row][one] for one in here if one < len(lines[row])}
        found |= {row for sign in signs.values() if sign == "●"}
        here = {one for one, sign in signs.items() if sign in "│├┤┼"}
    return found


def _joined(line: str, column: int) -> set[int]:
    """Return the columns at which a horizontal line through this one lets rails go down."""
    reached = {column}
    for step, going in ((1, "├┼┴└┬┌─"), (-1, "┤┼┴┘┬┐─")):
        place = column
        while line[place] in going or (line[place] == "│" and place != column):
            place += step
            if not 0 <= place < len(line):
                break
            reached.add(place)
    return {one for one in reached if line[one] in "├┤┼┬┐┌"}


@pytest.mark.requirement("orchestrator.pictures")
def test_with_too_many_rails_steps_name_what_they_come_after() -> None:
    edges: dict[str, set[str]] = {"root": set(), **{f"s{at}": {"root"} for at in range(30)}}
    drawn = text(picture_of(waiting(edges)), 80)
    assert drawn.count("after root") == 30
    assert max(map(len, drawn.splitlines())) <= 80
    assert "┬" not in drawn


@pytest.mark.requirement("orchestrator.pictures")
def test_a_server_forecasts_what_is_drawn(desk: Desk) -> None:
    said = desk("plan", "simulate", "plans/refund.yaml", "--picture", "terminal")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "refund 1: allow, may change"
    for line in (
        r"● +order +shop\.get_order +allow",
        r"● +refund +shop\.refund +allow, may change",
        "flows out: pii, untrusted to shop",
    ):
        assert re.search(line, said.out), said.out
    drawn = desk("plan", "simulate", "plans/refund.yaml", "--picture", "mermaid").out
    assert drawn.startswith("---\ntitle: 'refund 1: allow, may change'\n---\nflowchart TD\n")
    [step] = [
        one for one in desk("plan", "simulate", "plans/refund.yaml", "--json").json["steps"] if one["id"] == "refund"
    ]
    assert (step["depends_on"], step["effect"]) == (["order"], "EFFECT_WRITE")
    assert desk("plan", "simulate", "plans/refund.yaml", "--picture", "dot", "--json").code == 2
