import re
from pathlib import Path

import pytest

from tests.requirements.manifest import ManifestError, claimed, promised

SOURCE = re.compile(
    r"(main job|issue decision point), (line (10|[1-9])|bad input|speed|done when)"
    r"|(runs|approvals|legal review), (line (10|[1-9])|bad input|speed|tests|done when)"
    r"|(architecture|contract|facts-durable), .+"
)
"""Where a promise stands: a numbered line or a section of what was asked for, or a page of the design."""

ONE = "build.x: {sentence: The sky is blue., source: somewhere}\n"


@pytest.mark.requirement("done.every-sentence-has-a-test")
def test_every_promise_has_a_test() -> None:
    proven = {claim.id for claim in claimed()}
    missing = [
        f"{promise.file}: {name}: {promise.sentence}" for name, promise in promised().items() if name not in proven
    ]
    assert not missing, "no test says that it proves these:\n" + "\n".join(missing)


@pytest.mark.requirement("done.every-sentence-has-a-test")
def test_every_test_proves_something_that_was_promised() -> None:
    known = promised()
    unknown = [f"{claim.where}: {claim.id}" for claim in claimed() if claim.id not in known]
    assert not unknown, "no file in tests/requirements/ knows these ids:\n" + "\n".join(unknown)


def test_every_promise_says_where_it_stands() -> None:
    vague = [f"{one.file}: {one.id}: {one.source}" for one in promised().values() if not SOURCE.fullmatch(one.source)]
    assert not vague, "these name no place that can be looked up:\n" + "\n".join(vague)


def test_a_promise_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ONE, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(ONE, encoding="utf-8")
    with pytest.raises(ManifestError, match=r"build\.x is in a\.yaml and in b\.yaml"):
        promised(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "build.x: The sky is blue.\n",
        "build.x: {sentence: The sky is blue.}\n",
        "build.x: {sentence: '', source: somewhere}\n",
        "build.x: {sentence: The sky is blue., source: somewhere, note: more}\n",
        "elsewhere.x: {sentence: The sky is blue., source: somewhere}\n",
    ],
)
def test_a_promise_without_its_parts_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError):
        promised(tmp_path)


def test_marks_and_case_files_are_claims(tmp_path: Path) -> None:
    cases = tmp_path / "tests" / "cases"
    cases.mkdir(parents=True)
    (tmp_path / "tests" / "test_sky.py").write_text(
        'import pytest\n\n@pytest.mark.requirement("build.x", "build.y")\ndef test_sky(): ...\n', encoding="utf-8"
    )
    (cases / "sky.yaml").write_text("cases: [{requirement: build.z}, {requirement: [build.x]}]\n", encoding="utf-8")
    assert sorted(claim.id for claim in claimed(tmp_path)) == ["build.x", "build.x", "build.y", "build.z"]


@pytest.mark.parametrize("mark", ["requirement(NAME)", "requirement(id='build.x')", "requirement()"])
def test_an_id_that_cannot_be_searched_for_is_refused(tmp_path: Path, mark: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_sky.py").write_text(f"@pytest.mark.{mark}\ndef test_sky(): ...\n", encoding="utf-8")
    with pytest.raises(ManifestError, match=r"test_sky\.py:1"):
        claimed(tmp_path)
