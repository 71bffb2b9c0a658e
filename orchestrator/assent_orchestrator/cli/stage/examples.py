"""The worked examples, and where they are: in a checkout beside the packages, in an installed wheel inside of ours."""

from dataclasses import dataclass
from pathlib import Path

import assent_orchestrator
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example: the folder of its ``workspace``, the package of the ``company`` whose work it governs.

    ``tool_servers`` are the names by which the workspace calls the company's tool server.
    """

    workspace: str
    company: str
    tool_servers: tuple[str, ...]


RENEWAL = Example("contract_renewal", "company", ("company",))
REVIEW = Example("legal_review", "firm", ("firm", "summariser"))


@dataclass(frozen=True, slots=True)
class Examples:
    """The folder ``examples``, and which of them is meant."""

    folder: Path
    example: Example = RENEWAL

    @property
    def workspace(self) -> Path:
        """The workspace of the example."""
        return self.folder / self.example.workspace


def find_examples(package: Path | None = None, example: Example = RENEWAL) -> Examples:
    """Return the examples that belong to the installed ``package`` (our own by default).

    Raises:
        Problem: they are not there.
    """
    package = package or Path(assent_orchestrator.__file__).parent
    places = (package / "examples", package.parent.parent / "examples")
    for place in places:
        needed = (place / example.workspace / "assent.yaml", place / example.company / "server.py")
        if all(file.is_file() for file in needed):
            return Examples(place, example)
    raise Problem("this installation has no examples; install Assent again", ExitCode.UNAVAILABLE, code="NO_EXAMPLES")
