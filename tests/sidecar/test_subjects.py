"""One writing of a subject: of two that look alike, at most one is taken."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_sidecar.catalogue.subject import one_writing
from tests.sidecar.fuzzing import FUZZ

FINE = (
    "client/ACME Ltd",
    "client/Zo\u00eb",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u0915\u094d\u200d\u0937",
    "",
    "  ",
)
UNSEEN = (
    *(
        " A",
        "A ",
        "A  B",
        "\tA",
        "A\nB",
        "A\u00a0B",
        "A\u3000B",
        "A\u2028B",
        "\ufeffA",
        "A\u200bB",
        "A\u00adB",
        "A\u202eB",
    ),
    *(
        "A\u200cB",
        "A\u200dB",
        "\u200dA",
        "A\u200d",
        "A\u034fB",
        "A\u3164B",
        "A\ufe0f",
        "A\U000e0041",
        "A\u2800B",
        "A\x7f",
    ),
    *(
        "\u062f\u0627\u200c\u0646\u0627",
        "\u0915\u094d\u200d",
        "\u0915\u094d\u200dA",
        "A\ufffcB",
        "A\u0378B",
        "A\ue000B",
    ),
)


@pytest.mark.requirement("orchestrator.memory-badly")
@pytest.mark.parametrize("subject", FINE)
def test_words_of_any_script_are_subjects(subject: str) -> None:
    assert one_writing(subject) is None


@pytest.mark.requirement("orchestrator.memory-badly")
@pytest.mark.parametrize("subject", UNSEEN)
def test_what_nobody_sees_is_in_no_subject(subject: str) -> None:
    flaw = one_writing(subject)
    assert flaw is not None
    assert flaw[0] == "SUBJECT_UNSEEN"
    assert flaw[1].isascii(), "nothing of it is repeated"


@pytest.mark.requirement("orchestrator.memory-badly")
@given(
    st.text(max_size=20),
    st.integers(0, 20),
    st.sampled_from((" ", "  ", "\u00a0", "\u200b", "\u2060", "\x00", "\u00ad")),
)
@FUZZ
def test_a_subject_with_something_added_that_does_not_show_is_taken_for_no_other(
    text: str, place: int, added: str
) -> None:
    if text.strip() and one_writing(text) is None:
        other = text[:place] + added + text[place:]
        words = unicodedata.normalize("NFC", other).split(" ")
        assert one_writing(other) is not None or (added == " " and len(words) == len(text.split(" ")) + 1)
