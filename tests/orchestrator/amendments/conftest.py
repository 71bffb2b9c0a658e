"""Worlds, as for the tests of runs."""

from tests.orchestrator.execution.conftest import listener, make_world

__all__ = ["listener", "make_world"]
