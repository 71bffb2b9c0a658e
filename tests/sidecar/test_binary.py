from pathlib import Path

import pytest

from assent_sidecar.errors import EngineMissingError, EngineVersionError
from assent_sidecar.opa.binary import PINNED_VERSION, accepted_versions, find_binary, require_version


def _engine_saying(folder: Path, text: str, *, status: int = 0) -> Path:
    program = folder / "opa"
    program.write_text(f"#!/bin/sh\necho '{text}'\nexit {status}\n")
    program.chmod(0o700)
    return program


@pytest.mark.requirement("engine.pinned")
def test_the_packaged_engine_is_the_pinned_one() -> None:
    binary = find_binary({})
    assert (binary.version, binary.origin) == (PINNED_VERSION, "package")
    assert binary.path.is_absolute()


def test_the_environment_may_name_another_executable_of_the_same_version() -> None:
    packaged = find_binary({})
    named = find_binary({"ASSENT_OPA_BINARY": str(packaged.path)})
    assert (named.version, named.origin) == (PINNED_VERSION, "environment")


@pytest.mark.requirement("engine.other-version-refused")
def test_another_version_is_refused_and_the_message_says_how_to_allow_it(tmp_path: Path) -> None:
    program = _engine_saying(tmp_path, "Version: 1.21.0")
    with pytest.raises(EngineVersionError, match=r"ASSENT_OPA_ALLOW_VERSION=1\.21\.0"):
        find_binary({"ASSENT_OPA_BINARY": str(program)})


@pytest.mark.requirement("engine.other-version-refused")
def test_another_version_is_used_when_it_is_allowed_by_name(tmp_path: Path) -> None:
    program = _engine_saying(tmp_path, "Version: 1.21.0")
    environ = {"ASSENT_OPA_BINARY": str(program), "ASSENT_OPA_ALLOW_VERSION": "1.21.0"}
    assert find_binary(environ).version == "1.21.0"


@pytest.mark.parametrize("allowed", ["1.21", "1.21.0-dev", "*", "", "true", "1.21.1"])
def test_a_version_is_allowed_by_its_exact_name_only(allowed: str) -> None:
    with pytest.raises(EngineVersionError):
        require_version("1.21.0", {"ASSENT_OPA_ALLOW_VERSION": allowed})


def test_allowing_another_version_does_not_forbid_the_pinned_one() -> None:
    assert accepted_versions({"ASSENT_OPA_ALLOW_VERSION": "1.21.0"}) == {PINNED_VERSION, "1.21.0"}


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineMissingError, match="ASSENT_OPA_BINARY"):
        find_binary({"ASSENT_OPA_BINARY": str(tmp_path / "opa")})


def test_a_file_that_cannot_be_executed_is_no_engine(tmp_path: Path) -> None:
    (tmp_path / "opa").write_text("text")
    with pytest.raises(EngineMissingError):
        find_binary({"ASSENT_OPA_BINARY": str(tmp_path / "opa")})


@pytest.mark.parametrize(("text", "status"), [("hello", 0), ("Version: 1.22.2", 1)])
def test_a_program_that_is_no_opa_is_no_engine(tmp_path: Path, text: str, status: int) -> None:
    with pytest.raises(EngineMissingError):
        find_binary({"ASSENT_OPA_BINARY": str(_engine_saying(tmp_path, text, status=status))})
