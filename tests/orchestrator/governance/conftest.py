"""The office: a real engine with policies about single actions and about whole plans."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.sidecar import SidecarSettings, open_sidecar
from tests.orchestrator.governance.forecasting import SECONDS, Office

FOLDER = Path(__file__).parent / "office"


@pytest.fixture(scope="session")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """The office, shared by all tests: nothing in it changes."""
    bundle = await build_bundle(FOLDER, find_binary({}))
    settings = SidecarSettings(tmp_path_factory.mktemp("office"), {}, query_timeout=SECONDS, probe_timeout=SECONDS)
    async with open_sidecar(settings, bundle) as sidecar:
        yield Office(bundle.catalogue, sidecar.evaluator)
