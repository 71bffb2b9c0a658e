import shutil
from pathlib import Path

import pytest

from tests.proto.buf import PROTO, buf, committed

IGNORED = shutil.ignore_patterns("gen", "__pycache__")


@pytest.mark.requirement("proto.lint")
def test_the_files_follow_the_rules_and_say_what_everything_is() -> None:
    assert not buf("lint", str(PROTO))


@pytest.mark.requirement("proto.lint")
def test_the_files_are_formatted() -> None:
    assert not buf("format", "--diff", "--exit-code", str(PROTO))


@pytest.mark.requirement("proto.no-breaking-change")
def test_nothing_that_clients_rely_on_has_changed(tmp_path: Path) -> None:
    if committed(tmp_path) is None:
        pytest.skip("there is no branch main with protos to compare with")
    assert not buf("breaking", str(PROTO), "--against", str(tmp_path / "proto"))


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    shutil.copytree(PROTO, folder, ignore=IGNORED)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("assent/v1/runs.proto", "string plan_digest = 7", "string plan_digest = 70"),
        ("assent/v1/runs.proto", "string plan_digest = 7", "string digest_of_plan = 7"),
        ("assent/v1/decisions.proto", "VERDICT_DENY = 4", "VERDICT_DENY = 7"),
        ("assent/tool/v1/tools.proto", "bool retryable = 3", "int64 retryable = 3"),
    ],
)
@pytest.mark.requirement("proto.no-breaking-change")
def test_a_breaking_change_is_seen(tmp_path: Path, file: str, old: str, new: str) -> None:
    complaints = buf("breaking", str(changed(tmp_path / "proto", file, old, new)), "--against", str(PROTO))
    assert Path(file).name in complaints


@pytest.mark.requirement("proto.lint")
def test_something_without_a_comment_is_seen(tmp_path: Path) -> None:
    folder = changed(tmp_path / "proto", "assent/v1/health.proto", "  // It can.\n", "")
    assert "HEALTH_STATE_READY" in buf("lint", str(folder))


@pytest.mark.requirement("proto.lint")
def test_a_comment_cannot_switch_a_rule_off(tmp_path: Path) -> None:
    excused = "// buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n  string engineOrigin = 4"
    folder = changed(tmp_path / "proto", "assent/v1/health.proto", "string engine_origin = 4", excused)
    assert "engineOrigin" in buf("lint", str(folder))
