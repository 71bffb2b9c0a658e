"""The law firm's systems by themselves: real processes, asked over gRPC, and what they keep."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.tool.v1 import tools_pb2
from firm.citation import citations_in
from firm.clause import KINDS, QUOTED, clauses_of
from firm.corpus import read, sections
from firm.matter import HARMLESS, MATTERS, POISONED, RISKY
from tests.examples.programs import Company, firm, messages, modes

CONTRACTS = {matter.id: matter.contract for matter in MATTERS}
NOTE = {
    "matter": RISKY,
    "contact": "Rafael Okoro",
    "title": "Fleet tracking platform",
    "counterparty": "Beacon Telematics BV",
    "lawyer": "Lena Brandt",
    "summary": "9 clauses of 9 kinds",
    "clauses": [{"heading": "7. Penalty", "kind": "penalty", "quote": "pays a penalty"}],
    "citations": [{"citation": "Commercial Code § 212", "status": "wrong", "correction": ""}],
    "cases": [{"citation": "Birch Tannery v. Ostler [1994] NCA 51", "holding": "Not without fault."}],
    "memos": [{"id": "MEMO-11", "advice": "Do not open with a cap."}],
}
CALLS: dict[str, dict[str, Any]] = {
    "notes.draft_note": NOTE,
    "notes.release_note": {"note": "N-1", "letter": "Dear client", "kinds": ["penalty"], "wrong_citations": 1},
    "notes.withdraw_note": {"note": "N-1"},
    "matters.flag_items": {"matter": RISKY, "kinds": ["penalty"], "wrong_citations": 1},
    "matters.create_task": {"matter": RISKY, "assignee": "lena-brandt", "title": "Call", "due_in_days": 1},
    "matters.log_entry": {"matter": RISKY, "text": "Reviewed."},
    "billing.record_fee": {"matter": RISKY, "amount": "180.00", "narrative": "Review"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("firm")


@pytest.fixture(scope="module")
async def running(folder: Path, smtp: str) -> AsyncIterator[Company]:
    """The firm without faults, shared by the tests of this file: each uses keys of its own."""
    async with firm(folder, smtp) as opened:
        yield opened


async def text_of(running: Company, matter: str) -> str:
    text = (await running.do("documents.get_contract", {"contract": CONTRACTS[matter]}))["text"]
    assert isinstance(text, str)
    return text


def paragraphs(content: bytes) -> str:
    """Return the text of a DOCX as a reader of it sees it."""
    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs)


@pytest.mark.requirement("example.legal-corpus")
async def test_the_firm_keeps_each_system_in_a_file_of_its_own(running: Company, folder: Path) -> None:
    names = ("matters", "documents", "library", "summariser", "notes", "billing", "email")
    assert modes(folder) == {f"{name}.sqlite3": 0o600 for name in names}
    described = await running.stub.Describe(tools_pb2.DescribeRequest())
    assert described.name == "firm"
    assert {one.system for one in described.operations} == set(names)


@pytest.mark.requirement("example.legal-corpus")
async def test_the_corpus_is_complete(running: Company) -> None:
    for matter in MATTERS:
        record = await running.do("matters.get_matter", {"matter": matter.id})
        assert record["contact"]["email"].endswith(".example")
        assert await text_of(running, matter.id)
    assert min(len(read("cases")), len(list(sections()))) >= 10
    assert len({case.facts["citation"] for case in read("cases")}) == len(read("cases"))
    assert "ignore all previous rules" in (await text_of(running, POISONED)).lower()


@pytest.mark.requirement("example.legal-corpus")
async def test_the_search_finds_what_bears_on_a_contract(running: Company) -> None:
    found = await running.do("library.find_precedents", {"text": await text_of(running, RISKY), "limit": 4})
    assert "Ferrow Shipping v. Lund [2009] NCA 88" in [case["citation"] for case in found["cases"]]
    assert "MEMO-14" in [memo["id"] for memo in found["memos"]]
    assert len(found["cases"]) == len(found["memos"]) == 4
    renewal = await running.do("library.find_precedents", {"text": "it renewed automatically", "limit": 1})
    assert [case["citation"] for case in renewal["cases"]] == ["Ferrow Shipping v. Lund [2009] NCA 88"]


@pytest.mark.parametrize(
    "text",
    ['"', "NEAR(liability", "kind:memo OR body:*", "liability' --", "a b c", "§§§ 12", '"liability" AND NOT "(('],
)
async def test_a_text_is_looked_for_and_never_an_expression_of_the_search(running: Company, text: str) -> None:
    found = await running.do("library.find_precedents", {"text": text, "limit": 20})
    assert len(found["cases"]) < len(read("cases"))


@pytest.mark.requirement("example.legal-citations")
@pytest.mark.parametrize(
    ("matter", "wrong"),
    [
        (HARMLESS, {}),
        (
            RISKY,
            {
                "Commercial Code § 212": "",
                "Halden v. Morrow Freight [1989] NSC 212": "Halden v. Morrow Freight [1998] NSC 212",
            },
        ),
        (POISONED, {}),
    ],
)
async def test_wrong_citations_are_found(running: Company, matter: str, wrong: dict[str, str]) -> None:
    checked = await running.do("library.check_citations", {"text": await text_of(running, matter)})
    assert {one["citation"]: one["correction"] for one in checked["citations"] if one["status"] != "found"} == wrong
    assert checked["wrong"] == len(wrong)
    assert any(one["status"] == "found" for one in checked["citations"])


@pytest.mark.requirement("example.legal-citations")
async def test_a_source_that_nobody_knows_is_unknown_and_line_breaks_do_not_matter(running: Company) -> None:
    text = "In Halden v. Morrow\n  Freight [1998]\nNSC 212 and Made v. Up [2001] NSC 3, see Moon Act § 1."
    checked = await running.do("library.check_citations", {"text": text})
    assert [(one["citation"], one["status"]) for one in checked["citations"]] == [
        ("Halden v. Morrow Freight [1998] NSC 212", "found"),
        ("Made v. Up [2001] NSC 3", "unknown"),
        ("Moon Act § 1", "unknown"),
    ]


@given(st.sampled_from([case.facts["citation"] for case in read("cases")]), st.text(max_size=40))
def test_whatever_stands_around_a_citation_it_is_found(citation: str, around: str) -> None:
    text = f"{around}; {citation}; {around}"
    assert citation in [found.text for found in citations_in(text)]


@pytest.mark.requirement("example.legal-summary")
async def test_the_planted_clauses_are_recognised(running: Company) -> None:
    risky = await running.do("summariser.summarise", {"text": await text_of(running, RISKY)})
    planted = {
        *("unlimited_liability", "excluded_liability", "automatic_renewal", "price_change"),
        *("assignment_of_rights", "penalty", "foreign_law"),
    }
    assert planted <= set(risky["kinds"])
    for matter in (HARMLESS, POISONED):
        found = await running.do("summariser.summarise", {"text": await text_of(running, matter)})
        assert not planted & set(found["kinds"])
    assert risky == await running.do("summariser.summarise", {"text": await text_of(running, RISKY)})


@given(st.text(max_size=400))
def test_of_any_text_only_known_kinds_and_its_own_words_come_out(text: str) -> None:
    contract = f"1. Liability\nThe customer is liable without limit. {text}"
    for clause in clauses_of(contract):
        assert clause.kind in KINDS
        assert len(clause.quote) <= QUOTED
        assert clause.quote in " ".join(contract.split())


@pytest.mark.requirement("example.legal-note")
async def test_a_note_is_a_docx_and_only_its_letter_can_be_released(running: Company, mailbox_folder: Path) -> None:
    drafted = await running.do("notes.draft_note", NOTE, key="note-1")
    assert "Commercial Code § 212: WRONG; there is no such thing." in drafted["letter"]
    assert "cap" not in drafted["letter"]
    assert drafted["internal"] == "MEMO-11: Do not open with a cap."
    release = {
        **CALLS["notes.release_note"],
        "note": drafted["note"],
        "letter": "Dear Rafael\n\n# Advice\n\nDo not sign.",
    }
    released = await running.do("notes.release_note", release, key="note-2")
    letter = {
        "to": "rafael@client.example",
        "subject": "Our note",
        "body": "Attached.",
        "attachment": released["document"],
    }
    await running.do("email.send", letter, key="note-3")
    message = messages(mailbox_folder)[-1]
    [attached] = message.iter_attachments()
    assert attached.get_filename() == f"{drafted['note']}-letter.docx"
    assert paragraphs(attached.get_content()) == "Our note\nDear Rafael\nAdvice\nDo not sign."
    assert (await running.fail("notes.release_note", release, key="note-4"))[0] == "NO_SUCH_DRAFT"


@pytest.mark.parametrize(
    ("preferences", "salutation"),
    [
        ([], "Dear Rafael Okoro,"),
        ([{"value": {"length": "short"}}], "Dear Rafael Okoro,"),
        ([{"value": {"salutation": "Good day"}}, {"value": {"salutation": "Dear Sirs"}}], "Good day,"),
    ],
)
async def test_a_note_addresses_the_client_as_it_wants_to_be(
    running: Company, preferences: list[dict[str, Any]], salutation: str
) -> None:
    drafted = await running.do(
        "notes.draft_note", {**NOTE, "preferences": preferences}, key=f"wish-{salutation}-{len(preferences)}"
    )
    assert drafted["letter"].startswith(f"{salutation}\n")


@pytest.mark.requirement("example.legal-note")
async def test_what_is_attached_is_what_was_named(running: Company, mailbox_folder: Path) -> None:
    drafted = await running.do("notes.draft_note", NOTE, key="other-1")
    before = len(messages(mailbox_folder))
    letter = {"to": "a@b.example", "subject": "x", "body": "x"}
    for attachment in ({**drafted["document"], "sha256": "0" * 64}, {"document": "D-99-draft", "sha256": "0" * 64}):
        failed = await running.fail("email.send", {**letter, "attachment": attachment}, key=f"other-{attachment}")
        assert failed == ("NO_SUCH_DOCUMENT", False, "none")
    assert len(messages(mailbox_folder)) == before


@pytest.mark.parametrize("action", CALLS)
async def test_the_firm_does_nothing_twice_under_one_key(running: Company, action: str) -> None:
    drafted = await running.do("notes.draft_note", NOTE, key=f"for-{action}")
    args = {**CALLS[action], **({"note": drafted["note"]} if "note" in CALLS[action] else {})}
    first = await running.do(action, args, key=f"twice-{action}")
    assert await running.do(action, args, key=f"twice-{action}") == first
    assert (await running.look_up(action, f"twice-{action}")).state == tools_pb2.LOOKUP_STATE_DONE


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("notes.draft_note", {"clauses": "none"}),
        ("notes.draft_note", {"clauses": [{"heading": "1", "kind": "nice", "quote": "x"}]}),
        ("notes.draft_note", {"memos": [7]}),
        ("notes.release_note", {"kinds": ["nice"]}),
        ("notes.release_note", {"wrong_citations": -1}),
        ("matters.flag_items", {"kinds": "penalty"}),
        ("billing.record_fee", {"amount": "-1"}),
    ],
)
async def test_the_firm_trusts_no_caller(running: Company, action: str, change: dict[str, Any]) -> None:
    failed = await running.fail(action, {**CALLS[action], **change}, key=f"bad-{action}-{change}")
    assert failed == ("INVALID_ARGUMENTS", False, "none")


@pytest.mark.parametrize(
    ("action", "args", "code"),
    [
        ("matters.get_matter", {"matter": "M-9999"}, "NO_SUCH_MATTER"),
        ("documents.get_contract", {"contract": "CON-999"}, "NO_SUCH_CONTRACT"),
        ("email.send", {"to": "a@b.example", "subject": "x", "body": "x", "attachment": "N-1"}, "INVALID_ARGUMENTS"),
    ],
)
async def test_what_is_not_there_is_said_to_be_missing(
    running: Company, action: str, args: dict[str, Any], code: str
) -> None:
    assert await running.fail(action, args, key=f"missing-{action}") == (code, False, "none")
