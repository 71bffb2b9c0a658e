import pytest
from google.protobuf.json_format import ParseDict

from assent.v1 import memories_pb2
from assent_orchestrator.cli.memory import show_recalled
from tests.orchestrator.cli.program import Desk

ABOUT = ("--subject", "ORD-1001", "--class")


@pytest.mark.requirement("orchestrator.memory-classes")
@pytest.mark.parametrize("who", ["sam", "olga", "cora"])
def test_classes_are_listed_to_a_caller_without_the_repository(desk: Desk, who: str) -> None:
    said = desk("memory", "classes", "--as", who)
    assert said.code == 0, said.err
    head, decisions, run_state = said.out.splitlines()
    assert head.split() == ["CLASS", "RETENTION", "FOR", "PURPOSE", "OWNER"]
    assert decisions.split("  ")[:1] == ["decisions"]
    assert run_state.split("  ")[:1] == ["run_state"]
    assert "What a run needs until it ends" in run_state
    assert "30d" in run_state
    listed = desk("memory", "classes", "--as", who, "--json").json["memory_classes"]
    assert [(one["name"], one["retention"]) for one in listed] == [
        ("tenants/local/memoryClasses/decisions", "MEMORY_RETENTION_AUDIT"),
        ("tenants/local/memoryClasses/run_state", "MEMORY_RETENTION_TEMPORARY"),
    ]


def test_classes_are_not_for_whoever_has_nothing_to_do_with_memory(desk: Desk) -> None:
    said = desk("memory", "classes", "--as", "lea")
    assert (said.code, said.out) == (5, "")


@pytest.mark.requirement("orchestrator.memory-badly", "cli.one-line")
def test_who_names_no_class_or_another_purpose_is_told_where_they_are_listed(desk: Desk) -> None:
    said = desk("memory", "recall", *ABOUT, "wishes", "--purpose", "x")
    assert said.code == 3
    assert said.err.splitlines() == [
        "error: memory cannot be used so; nothing was decided; assent memory classes shows which there are",
        "  class: UNKNOWN_CLASS memory.yaml has no class of this name; it has decisions, run_state",
    ]
    said = desk("memory", "recall", *ABOUT, "run_state", "--purpose", "x")
    assert said.code == 3
    assert said.err.splitlines()[0].endswith("; assent memory classes shows the purposes, word for word")
    said = desk("memory", "list", "--class", "wishes", "--as", "olga")
    assert said.code == 3
    assert "it has decisions, run_state" in said.err


@pytest.mark.requirement("orchestrator.memory-badly")
def test_a_label_of_what_is_not_there_is_named_with_its_place(desk: Desk) -> None:
    about = (*ABOUT, "run_state", "--purpose", "What a run needs until it ends", "--as", "sam")
    said = desk("memory", "remember", '{"a": 1}', *about, "--label", "/b/c=pii")
    assert said.code == 3, said.err
    assert said.err.splitlines()[1] == '  labels["/b/c"]: DANGLING_REFERENCE classifies value.b.c, which is not there'


@pytest.mark.requirement("orchestrator.memory-redacted")
def test_what_was_recalled_is_shown_with_the_labels_of_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    one = {
        "memory": {"name": "tenants/local/memories/m1", "creator": "sam", "labels": ["pii", "untrusted"]},
        "value": {"tone": "long"},
        "labels": {"": {"labels": ["untrusted"]}},
    }
    show_recalled(ParseDict({"memories": [one]}, memories_pb2.RecallResponse()))
    head = capsys.readouterr().out.splitlines()[0]
    assert head.startswith("m1 ")
    assert head.endswith(" by sam: untrusted")
