import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.packaging.checkout import ROOT, Checkout, path_without_go


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    base = tmp_path_factory.mktemp("checkout")
    root = base / "assent"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    clean = Checkout(root, path_without_go(base / "bin"))
    clean.run("git", "init", "--quiet")
    clean.run("git", "add", "--all")
    return clean


@pytest.fixture(scope="session")
def wheel(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files with their rights, as an installer lays them out."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            laid = Path(archive.extract(entry, folder))
            laid.chmod((entry.external_attr >> 16) & 0o777)
    return folder
