"""AuthZEN bodies that two readers would read differently, or that cannot be kept: nothing is asked."""

import json

import pytest

from assent_orchestrator.errors import InvalidError
from assent_orchestrator.server.authzen import read_evaluation, read_evaluations

BODY = (
    '{"subject": {"type": "agent", "id": "clerk"}, "action": {"name": "send"},'
    ' "resource": {"type": "system", "id": "mail", "properties": {"args": {"to": "a"}}}, "context": {}}'
)


@pytest.mark.requirement("sidecar.decide-authzen")
@pytest.mark.parametrize("read", [read_evaluation, read_evaluations])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"to": "a"}', '{"to": "b", "to": "a"}'),
        ('"args": {"to": "a"}', '"args": {"to": "b"}, "args": {"to": "a"}'),
        ('"context": {}', r'"context": {"request_id": "\u0000"}'),
        ('"context": {}', r'"context": {"more": ["\u0000"]}'),
        ('{"to": "a"}', r'{"\u0000": "a"}'),
        ('{"to": "a"}', '{"to": NaN}'),
    ],
    ids=["argument twice", "arguments twice", "request id with NUL", "context with NUL", "key with NUL", "NaN"],
)
def test_a_body_is_one_that_everybody_reads_alike_and_that_can_be_kept(read, before: str, after: str) -> None:
    assert json.loads(BODY)
    read(BODY.encode())
    assert before in BODY
    with pytest.raises(InvalidError):
        read(BODY.replace(before, after).encode())
