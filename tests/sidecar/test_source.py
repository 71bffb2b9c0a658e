import pytest

from assent_sidecar.bundle.source import SourceError, parse_yaml


def test_yaml_is_version_1_2() -> None:
    text = "a: yes\nb: 010\nc: 0o17\nd: 2026-01-01\ne: 1:30\nf: ~\ng: on\nh: 1.50\n"
    assert parse_yaml("x.yaml", text).value == {
        "a": "yes", "b": 10, "c": 15, "d": "2026-01-01", "e": "1:30", "f": None, "g": "on", "h": 1.5
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("%YAML 1.1\n---\na: 1", 1),
        ("a: 1\n---\nb: 2", 2),
        ("a: &x 1\nb: *x", 1),
        ("a:\n  <<: {b: 1}", 2),
        ("a: !!binary aaaa", 1),
        ("a: !python/object:os.system x", 1),
        ("a: 1\n1: 2", 2),
        ("? [a]\n: 1", 1),
        ("a: .inf", 1),
        ("a: 9007199254740992", 1),
        (f"a: {'9' * 5000}", 1),
        ("a: 1e999", 1),
        ("a: 1_000", 1),
        ("a:\n\t- 1", 2),
        ("a: \x07", 1),
        ("[" * 100 + "]" * 100, 1),
        ("[" * 5000 + "]" * 5000, 1),
    ],
)
def test_what_is_not_the_json_part_of_yaml_is_refused(text: str, line: int) -> None:
    with pytest.raises(SourceError) as caught:
        parse_yaml("x.yaml", text)
    assert [fault.line for fault in caught.value.faults] == [line]
