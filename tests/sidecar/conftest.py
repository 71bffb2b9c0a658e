"""A workspace to break, and the profile that `make fuzz` asks for: else ``fuzzing.py`` says how much is looked at."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.sidecar.workspace_copies import SALES, copy_of

settings.register_profile("fuzz", max_examples=20_000, derandomize=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a copy of a sound workspace."""
    return copy_of(SALES, tmp_path)
