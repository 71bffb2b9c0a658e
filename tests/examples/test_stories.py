import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from assent_orchestrator.plan.state import RunState, SkipReason, StepState
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.decision import Verdict
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from company.accounts import FLOWS, MUST_NOT_LEAVE, NEEDS_DIRECTOR
from tests.examples.programs import EXAMPLES, company, messages
from tests.examples.walk import Walk

NewWalk = Callable[..., Walk]


@pytest.fixture(scope="module")
async def sidecar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sidecar]:
    """The real engine under the example's bundle."""
    environ = dict(os.environ)
    bundle = await build_bundle(EXAMPLES / "contract_renewal", find_binary(environ))
    settings = SidecarSettings(state_dir=tmp_path_factory.mktemp("s"), environ=environ, query_timeout=10)
    async with open_sidecar(settings, bundle) as opened:
        yield opened


@pytest.fixture
async def walk(sidecar: Sidecar, tmp_path: Path, smtp: str) -> AsyncIterator[NewWalk]:
    """Walks for accounts of a company that nothing was done at yet."""
    async with company(tmp_path, smtp) as opened:

        def new(account: str, director: str | None = None) -> Walk:
            async def decide(question):
                decided = await sidecar.evaluator.decide(question, budget=10)
                assert not decided.fault, decided
                return decided.decision

            return Walk(sidecar.bundle.catalogue, decide, opened, account, director)

        yield new


@pytest.mark.requirement("demo.three-customers", "example.branches", "example.eight-steps")
async def test_one_customer_flows_through_to_a_larger_plan(walk: NewWalk, mailbox_folder: Path) -> None:
    before = len(messages(mailbox_folder))
    story = walk(FLOWS)
    assert await story.go() is RunState.SUCCEEDED
    assert story.starts[0] == ("contract", "satisfaction", "usage")
    assert story.skipped == {
        "offer_stable": SkipReason.BRANCH_NOT_CHOSEN,
        "offer_at_risk": SkipReason.BRANCH_NOT_CHOSEN,
        "success_call": SkipReason.BRANCH_NOT_CHOSEN,
        "letter_by_hand": SkipReason.NOT_NEEDED,
    }
    assert {decision.verdict for decision in story.decisions.values()} == {Verdict.ALLOW}
    [letter] = messages(mailbox_folder)[before:]
    text = letter.get_content()
    assert letter["X-Envelope-To"] == "greta.sander@nordlicht-logistik.example"
    assert "Dear Greta Sander" in text
    assert "150 seats for EUR 48450.00 a year, 5 % below the list price" in text
    assert "Our depot in Kiel opens in spring" in text, "it is personal"


@pytest.mark.requirement("demo.three-customers")
async def test_one_waits_for_a_sales_director_and_nothing_goes_on_meanwhile(walk: NewWalk) -> None:
    story = walk(NEEDS_DIRECTOR)
    assert await story.go() is None
    assert story.states["offer_at_risk"] is StepState.AWAITING_APPROVAL
    assert {story.states[name] for name in ("crm", "email", "success_call", "notify")} == {StepState.PENDING}
    decision = story.decisions["offer_at_risk"]
    assert decision.approval is not None
    assert [stage.role for stage in decision.approval.stages] == ["sales_director"]
    reason = decision.reasons[0]
    assert (reason.code, reason.control, reason.scope) == (
        "DISCOUNT_OVER_LIMIT",
        "FIN-07",
        "department/sales/discounts",
    )


@pytest.mark.requirement("example.branches")
async def test_with_the_directors_answer_it_takes_the_other_branch(walk: NewWalk, mailbox_folder: Path) -> None:
    story = walk(NEEDS_DIRECTOR, "dana")
    assert await story.go() is RunState.SUCCEEDED
    assert story.skipped.keys() == {"offer_stable", "offer_upsell", "letter_by_hand"}
    assert story.outputs["offer_at_risk"]["kind"] == "retention"
    assert story.states["success_call"] is StepState.SUCCEEDED
    assert "win back your confidence" in messages(mailbox_folder)[-1].get_content()


async def test_who_started_the_run_cannot_answer_for_the_director(walk: NewWalk) -> None:
    story = walk(NEEDS_DIRECTOR, "rob")
    assert await story.go() is None
    assert story.states["offer_at_risk"] is StepState.AWAITING_APPROVAL


@pytest.mark.requirement("demo.three-customers")
async def test_one_letter_would_carry_what_must_not_leave(walk: NewWalk, mailbox_folder: Path) -> None:
    before = len(messages(mailbox_folder))
    story = walk(MUST_NOT_LEAVE)
    assert await story.go() is RunState.SUCCEEDED
    assert story.states["email"] is StepState.DENIED
    reason = story.decisions["email"].reasons[0]
    assert reason.code == "DATA_MUST_NOT_LEAVE"
    assert reason.message == "the text holds a bank account number (IBAN)"
    assert reason.control == "PRV-01"
    assert reason.scope == "department/sales/privacy"
    assert reason.rule == "No bank, card or access data in what leaves"
    assert len(messages(mailbox_folder)) == before, "nothing left"
    assert story.states["letter_by_hand"] is StepState.SUCCEEDED, "a person was asked to write"
    assert story.states["notify"] is StepState.SUCCEEDED
