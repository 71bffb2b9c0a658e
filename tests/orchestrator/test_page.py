"""Tokens of pages: ours are read back, what somebody made up is refused in one way."""

import base64

import pytest

from assent_orchestrator.errors import InvalidError
from assent_orchestrator.page import read_token, write_token


def test_a_token_of_ours_is_read_back() -> None:
    assert read_token(write_token("é", "1"), 2) == ("é", "1")


@pytest.mark.parametrize(
    "content",
    [
        b'["\\ud800", "1"]',
        b'["a", "\\udfff\\ud800"]',
        b'["\\u0000", "1"]',
        b"[" * 100_000,
        b'["a"]',
        b'{"a": 1}',
        b"\xff",
    ],
)
def test_a_token_that_was_made_up_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidError):
        read_token(base64.urlsafe_b64encode(content).decode(), 2)
