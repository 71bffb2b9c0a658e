"""The Rego library that comes with this package: the entry point, and what policy authors build on."""

from collections.abc import Iterator
from pathlib import Path

_HERE = Path(__file__).resolve()
_TEST = "_test.rego"

LIBRARY = "assent"
"""The folder of the library in a bundle, and its package."""


class LibraryMissingError(Exception):
    """The package was installed without its Rego library."""


def library_root() -> Path:
    """Return the folder that holds ``assent/main.rego``: inside the package, or ``rego/`` of the repository.

    Raises:
        LibraryMissingError: it is in neither place.
    """
    for candidate in (_HERE.parents[1] / "rego", _HERE.parents[3] / "rego"):
        if (candidate / "assent" / "main.rego").is_file():
            return candidate
    raise LibraryMissingError("the package holds no Rego library: install it again")


def library_modules(*, tests: bool = False) -> Iterator[tuple[str, str]]:
    """Yield path (relative to the library, with forward slashes) and text of each Rego file, sorted by path.

    Raises:
        LibraryMissingError: the library is missing.
    """
    root = library_root()
    for path in sorted(root.rglob("*.rego")):
        if tests or not path.name.endswith(_TEST):
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def question_schema() -> Path | None:
    """Return the JSON Schema of the question, by which policies are type-checked; None when it is not there."""
    path = library_root() / "assent" / "schemas" / "question.json"
    return path if path.is_file() else None
