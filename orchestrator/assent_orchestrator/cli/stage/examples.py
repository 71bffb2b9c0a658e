"""Where the example is: in a checkout beside the packages, in an installed wheel inside of ours."""

from dataclasses import dataclass
from pathlib import Path

import assent_orchestrator
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem


@dataclass(frozen=True, slots=True)
class Examples:
    """The folder ``examples``."""

    folder: Path

    @property
    def workspace(self) -> Path:
        """The workspace of the renewal."""
        return self.folder / "contract_renewal"


def find_examples(package: Path | None = None) -> Examples:
    """Return the examples that belong to the installed ``package`` (our own by default).

    Raises:
        Problem: they are not there.
    """
    package = package or Path(assent_orchestrator.__file__).parent
    places = (package / "examples", package.parent.parent / "examples")
    for place in places:
        if (place / "contract_renewal" / "assent.yaml").is_file() and (place / "company" / "server.py").is_file():
            return Examples(place)
    raise Problem("this installation has no examples; install Assent again", ExitCode.UNAVAILABLE, code="NO_EXAMPLES")
