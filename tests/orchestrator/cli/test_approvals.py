import pytest

from tests.orchestrator.cli.program import Desk


@pytest.mark.requirement("cli.approvals", "orchestrator.approvals-shown")
def test_an_approval_is_listed_shown_whole_and_given(desk: Desk) -> None:
    run, approval = desk.waiting()
    listed = desk("approvals", "list", "--as", "lea")
    assert any(approval in line and "REFUND_OVER_LIMIT (FIN-01)" in line for line in listed.out.splitlines())
    card = desk("approvals", "show", approval, "--as", "lea")
    for part in (
        "is pending",
        "shop.refund (write)",
        "agent service_desk, for sam",
        "REFUND_OVER_LIMIT more than 100 EUR needs a service lead (FIN-01, department/service/refunds)",
        "1 x service_lead",
        "but not the principal",
        "amount_eur  480  from steps.order.output.paid_eur",
        "order       ORD-1002  [untrusted]  from inputs.order",
        "under the control FIN-01: A large refund needs a service lead",
        "so far     order  shop.get_order  succeeded",
        "on yes     it is done; then note",
        "on no      the run stops",
        "digests    action sha256:",
        "shown sha256:",
    ):
        assert part in card.out, card.out
    given = desk("approvals", "approve", approval, "--as", "lea", "--rationale", "damaged on its way")
    assert given.code == 0, given.err
    assert given.out.startswith(card.out.splitlines()[0])
    assert given.out.splitlines()[-1].startswith(f"approved: approval {approval} is now ")
    assert desk("runs", "watch", run).code == 0
    shown = desk("approvals", "show", approval, "--as", "lea", "--json").json
    assert shown["state"] == "APPROVAL_STATE_CONSUMED"
    [answer] = shown["answers"]
    assert (answer["approver"], answer["rationale"]) == ("lea", "damaged on its way")
    assert answer["presented_digest"] == shown["presented_digest"]


@pytest.mark.requirement("cli.approvals", "cli.exit-codes")
def test_a_rejection_ends_the_run_and_cannot_be_taken_back(desk: Desk) -> None:
    run, approval = desk.waiting()
    said = desk("approvals", "reject", approval, "--as", "lea", "-m", "not damaged", "--json")
    assert said.json["state"] == "APPROVAL_STATE_REJECTED"
    assert desk("runs", "watch", run).code == 1
    again = desk("approvals", "approve", approval, "--as", "lea", "-m", "oh")
    assert (again.code, again.err.count("\n")) == (6, 1)
    assert "rejected" in again.err


@pytest.mark.requirement("cli.exit-codes")
def test_who_may_not_answer_is_told_so(desk: Desk) -> None:
    run, approval = desk.waiting()
    said = desk("approvals", "approve", approval, "--as", "olga", "-m", "quickly")
    assert said.code == 5
    assert said.err == (
        "error: you may not answer this approval: the role service_lead may (ROLE_MISSING); "
        "ask somebody who has it or, where they lent it to you, say with --for in whose place\n"
    )
    assert desk("approvals", "show", approval, "--as", "lea", "--json").json["state"] == "APPROVAL_STATE_PENDING"
    desk("runs", "cancel", run)


def test_an_answer_needs_a_reason(desk: Desk) -> None:
    run, approval = desk.waiting()
    said = desk("approvals", "approve", approval, "--as", "lea")
    assert (said.code, said.err) == (2, "error: an answer needs a reason; give one with --rationale\n")
    desk("runs", "cancel", run)


@pytest.mark.requirement("orchestrator.approval-withdrawn")
def test_a_yes_is_taken_back_before_it_is_used(desk: Desk) -> None:
    run, approval = desk.waiting()
    assert desk("runs", "pause", run, "-m", "wait").code == 0
    assert desk("approvals", "withdraw", approval, "--as", "lea").code == 6
    assert desk("approvals", "approve", approval, "--as", "lea", "-m", "damaged").code == 0
    back = desk("approvals", "withdraw", approval, "--as", "lea")
    assert (back.code, back.out) == (0, f"withdrawn: approval {approval} is now pending\n")
    assert "(taken back at " in desk("approvals", "show", approval, "--as", "lea").out
    desk("runs", "cancel", run)


@pytest.mark.requirement("orchestrator.approval-edits-only-editable", "cli.exit-codes")
def test_what_an_answer_may_not_say_is_refused_and_changes_nothing(desk: Desk) -> None:
    run, approval = desk.waiting()
    answer = ("approvals", "approve", approval, "--as", "lea", "-m", "less")
    changed = desk(*answer, "--edit", "/amount_eur=1")
    assert (changed.code, "NOT_EDITABLE" in changed.err) == (3, True)
    assert "  but /amount_eur is to be 1 instead of 480\n" in changed.out
    assert desk(*answer, "--edit", "/amount=1", "--edit", "/amount=2").err == "error: --edit: /amount is given twice\n"
    assert [desk(*answer, "--edit", odd).code for odd in ("amount_eur", "amount_eur=1")] == [2, 2]
    alone = desk(*answer, "--break-glass")
    assert alone.code == 5
    assert "  but you say yes alone" in alone.out
    assert desk(*answer, "--for", "olga").code == 5
    chosen = desk("approvals", "choose", approval, "retry", "--as", "lea", "-m", "again")
    assert (chosen.code, "NO_WORK_ITEM" in chosen.err) == (3, True)
    assert desk("approvals", "choose", approval, "reconcile", "--as", "lea", "-m", "it was").code == 2
    assert desk("approvals", "show", approval, "--as", "lea", "--json").json["state"] == "APPROVAL_STATE_PENDING"
    desk("runs", "cancel", run)


@pytest.mark.requirement("orchestrator.delegation")
def test_somebody_else_answers_for_a_while(desk: Desk) -> None:
    run, approval = desk.waiting()
    given = desk("delegations", "give", "olga", "--role", "service_lead", "--for", "1d", "-m", "away", "--as", "lea")
    assert given.code == 0, given.err
    assert given.out.startswith("olga may answer as service_lead in your place until ")
    delegation = given.out.split()[-1]
    listed = desk("delegations", "list", "--as", "lea", "--json").json["delegations"]
    assert [one["name"].rpartition("/")[2] for one in listed] == [delegation]
    assert "olga answers as service_lead in place of lea" in desk("delegations", "show", delegation, "--as", "olga").out
    answered = desk("approvals", "approve", approval, "--as", "olga", "--for", "lea", "-m", "damaged")
    assert answered.code == 0, answered.err
    assert "  but you answer in place of lea\n" in answered.out
    ended = desk("delegations", "revoke", delegation, "--as", "lea")
    assert (ended.code, ended.out) == (0, "olga does not answer in place of lea any more\n")
    assert desk("delegations", "list", "--as", "lea").out == "nobody answers in another one's place\n"
    assert desk("runs", "watch", run).code == 0


def test_what_is_answered_stays_in_the_list_of_all(desk: Desk) -> None:
    assert desk("approvals", "list", "--as", "lea", "--state", "expired").out == "no approvals are expired\n"
    found = desk("approvals", "list", "--as", "lea", "--all", "--json", "--process", "refund").json["approvals"]
    assert {one["process"] for one in found} <= {"refund"}


def test_an_approval_that_is_not_there_is_not_found(desk: Desk) -> None:
    said = desk("approvals", "show", "nope", "--as", "lea")
    assert (said.code, said.err.count("\n")) == (4, 1)
