import pytest

from tests.orchestrator.cli.program import Desk

ASK = ("decide", "shop.get_order", "--agent", "service_desk", "--args", '{"order": "ORD-1001"}', "--as", "sam")


@pytest.mark.requirement("sidecar.decide-cli")
def test_a_refusal_is_an_answer_with_its_reasons(desk: Desk) -> None:
    said = desk(*ASK)
    assert said.code == 1
    assert said.out.startswith("deny shop.get_order NO_GRANT")
    assert desk(*ASK, "--json").json["decision"]["verdict"] == "VERDICT_DENY"


@pytest.mark.requirement("sidecar.decide-cli")
def test_an_allow_prints_the_permit_which_is_listed_and_reported_on_once(desk: Desk) -> None:
    granted = desk(*ASK, "--process", "refund", "--fulfils", "timeout", "--json")
    assert granted.code == 0, granted.out + granted.err
    permit = granted.json["permit"]["name"].rpartition("/")[2]
    assert permit in desk("permits", "list", "--state", "issued", "--as", "sam").out
    said = desk("permits", "report", permit, "--outcome", "succeeded", "--as", "sam")
    assert (said.code, said.out) == (0, f"permit {permit} succeeded\n")
    again = desk("permits", "report", permit, "--outcome", "failed", "--as", "sam")
    assert again.code == 6
    listed = desk("permits", "list", "--agent", "service_desk", "--json", "--as", "olga").json["permits"]
    assert permit in [one["name"].rpartition("/")[2] for one in listed if one["state"] == "PERMIT_STATE_SUCCEEDED"]


def test_arguments_that_are_no_object_are_a_mistake_of_usage(desk: Desk) -> None:
    for text in ("[]", "{", "1"):
        said = desk("decide", "shop.get_order", "--agent", "service_desk", "--args", text)
        assert (said.code, "--args must be a JSON object" in said.err) == (2, True)
