import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.checkout import REGISTRIES, ROOT, Checkout

ENGINE = "assent_sidecar/opa/engine/opa"
PACKAGES = {"assent", "assent_sidecar", "assent_orchestrator"}
PINNED = re.search(r"open-policy-agent/opa v(\S+)", (ROOT / "engine/go.mod").read_text(encoding="utf-8"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.requirement("engine.built-without-go-on-path", "engine.platform-wheel")
@pytest.mark.timeout(600)
def test_a_clean_clone_becomes_a_platform_wheel_where_no_go_is_on_the_path(wheel: Path) -> None:
    name, version, python, abi, platforms = wheel.stem.split("-")
    assert (name, python, abi) == ("assent", "py3", "none")
    assert version
    assert platforms != "any"
    with zipfile.ZipFile(wheel) as archive:
        said = archive.read(f"{name}-{version}.dist-info/WHEEL").decode()
    assert "Root-Is-Purelib: false" in said
    tags = {line.removeprefix("Tag: ") for line in said.splitlines() if line.startswith("Tag: ")}
    assert tags == {f"py3-none-{platform}" for platform in platforms.split(".")}


def test_the_wheel_owns_three_names_and_no_other(wheel: Path) -> None:
    top = {name.partition("/")[0] for name in names(wheel)}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES


def test_the_wheel_has_everything_that_runs_beside_the_code(checkout: Checkout, wheel: Path) -> None:
    def tracked_below(folder: str) -> set[str]:
        return {name.removeprefix(f"{folder}/") for name in checkout.run("git", "ls-files", folder).splitlines()}

    inside = names(wheel)
    expected = {f"{package}/py.typed" for package in PACKAGES} | {ENGINE}
    expected |= {f"assent_sidecar/rego/{name}" for name in tracked_below("rego")}
    expected |= {f"assent_orchestrator/examples/{name}" for name in tracked_below("examples")}
    expected |= {f"assent/{name}" for name in tracked_below("proto/gen/python/assent")}
    expected |= {f"assent_orchestrator/{name}" for name in tracked_below("orchestrator/assent_orchestrator")}
    expected |= {f"assent_sidecar/{name}" for name in tracked_below("sidecar/assent_sidecar")}
    assert any("migrations" in name for name in inside), "a database is made from the migrations in the wheel"
    assert expected - inside == set()
    assert {name for name in inside - expected if ".dist-info/" not in name} == set()


@pytest.mark.requirement("engine.compiled-from-hashes")
def test_the_engine_in_the_wheel_is_the_pinned_one(unpacked: Path) -> None:
    engine = unpacked / ENGINE
    assert os.access(engine, os.X_OK)
    said = subprocess.run([engine, "version"], capture_output=True, text=True, check=True).stdout
    assert PINNED is not None
    assert PINNED[1] == "1.22.2"
    assert f"Version: {PINNED[1]}" in said.splitlines()


@pytest.mark.requirement("engine.compiled-from-hashes")
def test_the_engine_is_made_of_exactly_the_modules_whose_hashes_are_committed(unpacked: Path) -> None:
    program = (unpacked / ENGINE).read_bytes()
    modules = {
        f"{name.decode()} {version.decode()} {digest.decode()}"
        for name, version, digest in re.findall(rb"\n(?:mod|dep)\t(\S+)\t(v\S+)\t(h1:\S{43}=)", program)
    }
    committed = set((ROOT / "engine/go.sum").read_text(encoding="utf-8").splitlines())
    assert len(modules) > 50
    assert modules - committed == set()
    assert b"\nbuild\tCGO_ENABLED=0\n" in program
    assert b"\nbuild\t-trimpath=true\n" in program


@pytest.mark.requirement("engine.compiled-from-hashes")
@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF")
def test_the_engine_is_static_and_stripped(unpacked: Path) -> None:
    program = (unpacked / ENGINE).read_bytes()
    assert program[:4] == b"\x7fELF"
    assert b"\0.symtab\0" not in program
    assert b"\0.debug_info\0" not in program
    assert b"\0.interp\0" not in program, "it needs nothing of the machine's C library"


def test_what_is_in_the_wheel_runs_by_itself(unpacked: Path, tmp_path: Path) -> None:
    script = "\n".join(
        [
            "import assent_sidecar, assent_orchestrator, assent.v1.runs_pb2 as wire",
            "from assent_sidecar.bundle.library import library_root",
            "from assent_sidecar.opa.binary import find_binary",
            f"here = {str(unpacked)!r}",
            "assert all(module.__file__.startswith(here) for module in (assent_sidecar, assent_orchestrator, wire))",
            "assert str(library_root()).startswith(here), library_root()",
            "binary = find_binary({})",
            "print(binary.origin, binary.version, binary.path)",
        ]
    )
    environ = {**os.environ, "PYTHONPATH": str(unpacked)}
    said = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == ["package", "1.22.2", str(unpacked / ENGINE)]


@pytest.mark.timeout(600)
def test_a_source_distribution_makes_the_same_wheel(checkout: Checkout, wheel: Path, tmp_path: Path) -> None:
    """Without ``--wheel``, uv makes the wheel from the source distribution and not from the checkout."""
    uv = (sys.executable, "-m", "uv", "build", "--python", sys.executable)
    checkout.run(*uv, "--out-dir", str(tmp_path))
    [made] = tmp_path.glob("*.whl")
    assert names(made) == names(wheel)


@pytest.mark.requirement("engine.kept-in-the-cache")
@pytest.mark.timeout(600)
def test_a_second_clean_build_compiles_nothing(wheel: Path, checkout: Checkout, tmp_path: Path) -> None:
    assert wheel.is_file(), "the first build filled the cache"
    # With these, compiling cannot succeed: no module can be had.
    again = checkout.build(tmp_path / "dist", GOPROXY="off", GOMODCACHE=str(tmp_path / "no-modules"))
    assert again.name == wheel.name
    assert not (tmp_path / "no-modules").exists()


@REGISTRIES
@pytest.mark.requirement("engine.built-without-go-on-path")
@pytest.mark.timeout(1200)
def test_a_build_with_an_empty_cache_compiles_the_engine(checkout: Checkout, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    made = checkout.build(tmp_path / "dist", ASSENT_BUILD_CACHE=str(cache))
    assert ENGINE in names(made)
    [kept] = cache.iterdir()
    assert kept.name.startswith("opa-1.22.2-")
