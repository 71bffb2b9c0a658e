"""The README's first screen is what the demo really prints, but for ids, digests, dates and times."""

import re
import tempfile
from pathlib import Path

import pytest

from tests.e2e.demonstration import demonstration

README = Path(__file__).parents[2] / "README.md"
VARYING = (
    # The others of the demo take from the same ledger, before or after.
    (r"\([\d.]+ of [\d.]+ spent, [\d.]+ reserved\) *│", "STANDING"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    (r"sha256:[0-9a-f]{64}", "DIGEST"),
    (r"\b[0-9a-f]{32}\b", "TRACE"),
    (r"\b[0-9a-f]{8}\b", "ID"),
    (r"\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?", "DATE"),
    (r"\+\d+\.\d\d s", "TIME"),
    (r"TASK-\d+", "TASK"),
)


def settled(text: str) -> list[str]:
    """Lines without what is different every time."""
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.mark.timeout(300)
@pytest.mark.requirement("done.readme-shows-real-output")
async def test_the_readme_shows_what_the_demo_prints() -> None:
    blocks = re.findall(r"<!-- demo.*?-->\n```\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        async with demonstration(Path(folder)) as one:
            code, output, errors = await one.ended()
    assert code == 0, errors
    printed = settled(output)
    assert [line for block in blocks for line in settled(block) if line not in printed] == []
