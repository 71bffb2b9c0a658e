"""Makes ``proto/gen/python/assent`` from the ``.proto`` files: ``python proto/generate.py [folder]``.

One thing is left out: the import of ``buf/validate/validate.proto``. The rules written with it stay in the descriptors,
where protovalidate finds them, but nobody who imports ``assent`` gets a top-level package ``buf``, which several
distributions fight over. See README.md.
"""  # noqa: INP001 - a program, not a module of a package

import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent
RULES = "buf/validate/validate.proto"
PACKAGES = {
    "assent": "The words in which outsiders speak with Assent, as generated from proto/.",
    "assent/v1": "The services that Assent offers.",
    "assent/tool": "What tool servers implement.",
    "assent/tool/v1": "The service that tool servers implement.",
}


class GenerationError(Exception):
    """The compiler refused the files; it has said why on standard error."""


def sources() -> list[str]:
    """Return the names of our files, as they import each other, sorted."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "assent").rglob("*.proto"))


def describe(scratch: Path) -> Path:
    """Compile our files and return a descriptor set that does not depend on the rules' own file.

    Raises:
        GenerationError: a file is not valid.
    """
    whole = scratch / "whole.binpb"
    known = files("grpc_tools") / "_proto"
    _protoc(
        *(f"--proto_path={folder}" for folder in (ROOT, ROOT / "third_party", known)),
        "--include_imports",
        "--include_source_info",
        f"--descriptor_set_out={whole}",
        *sources(),
    )
    described = FileDescriptorSet.FromString(whole.read_bytes())
    kept = FileDescriptorSet()
    for file in described.file:
        if file.name == RULES:
            continue
        if RULES in file.dependency:
            file.dependency.remove(RULES)
        kept.file.append(file)
    lean = scratch / "lean.binpb"
    lean.write_bytes(kept.SerializeToString(deterministic=True))
    return lean


def generate(folder: Path) -> None:
    """Write the package ``assent`` into ``folder``, in place of the one that is there.

    Raises:
        GenerationError: a file is not valid.
    """
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / "python"
        written.mkdir()
        programs = Path(sys.executable).parent
        _protoc(
            f"--descriptor_set_in={describe(Path(scratch))}",
            f"--plugin=protoc-gen-mypy={programs / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={programs / 'protoc-gen-mypy_grpc'}",
            f"--python_out={written}",
            f"--grpc_python_out={written}",
            f"--mypy_out=quiet:{written}",
            f"--mypy_grpc_out=quiet:{written}",
            *sources(),
        )
        for package, sentence in PACKAGES.items():
            (written / package / "__init__.py").write_text(f'"""{sentence}"""\n', encoding="utf-8")
        (written / "assent" / "py.typed").touch()
        shutil.rmtree(folder / "assent", ignore_errors=True)
        shutil.copytree(written / "assent", folder / "assent")


def _protoc(*arguments: str) -> None:
    if protoc.main(["protoc", *arguments]) != 0:
        raise GenerationError("protoc refused the files, see above")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "gen" / "python")
