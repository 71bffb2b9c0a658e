"""What is kept of the examples' pictures is what a server forecasts of them today."""

from pathlib import Path

import pytest

from tests.e2e.pictures import PLANS, forecast_of
from tests.orchestrator.cli.pictures import PICTURES, drawn_in_every_way

AGAIN = "if that is right, python -m tests.e2e.pictures keeps it anew; then look at the difference"


@pytest.mark.timeout(300)
@pytest.mark.requirement("orchestrator.pictures")
@pytest.mark.parametrize("name", sorted(PLANS))
async def test_both_examples_are_drawn_as_they_were_found_good(tmp_path: Path, name: str) -> None:
    drawn = drawn_in_every_way(await forecast_of(tmp_path, name))
    for file, content in drawn.items():
        assert content == (PICTURES / name / file).read_text(encoding="utf-8"), f"{file}: {AGAIN}"
