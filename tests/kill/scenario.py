"""Which renewals are cut off: data (scenarios.yaml), read once."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter
from ruamel.yaml import YAML


class Victim(StrEnum):
    """What is killed."""

    SERVER = "server"
    """``assent serve``, with -9; then it is started again."""
    DATABASE = "database"
    """Every process of PostgreSQL, with -9; then it is started again, and the server goes on by itself."""
    ANSWER = "answer"
    """Nobody: the answer of a tool server is lost."""
    REPLACED = "replaced"
    """``assent serve``, with -9, and it is not started again: another one that was there takes its runs over."""


class Scenario(BaseModel):
    """One kind of run: ``account`` decides which way it goes. ``victims`` are killed in turn.

    ``fails`` is the step that the tool server refuses, without effect; ``end`` is how the run ends. Of the step
    ``unseen`` the tool server has no Lookup: a person looks into the books and says what became of it. ``around`` is
    the step at whose transitions it is cut off; the others are those of another scenario. With ``retry`` a person is
    asked what follows from the step that ``fails``, and has it tried again; from then on it is not refused any more.
    One that ``keeps`` something remembers it of a subject of its own, and is over when what it jotted down has expired.
    ``once`` are events that its run has exactly once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    account: str
    process: str = "contract_renewal"
    people: tuple[str, ...] = ()
    victims: tuple[Victim, ...]
    fails: str = ""
    retry: bool = False
    unseen: str = ""
    around: str = ""
    keeps: bool = False
    once: tuple[str, ...] = ()
    end: str = "succeeded"


_FILE = Path(__file__).with_name("scenarios.yaml")


def read_scenarios(path: Path = _FILE) -> tuple[Scenario, ...]:
    """Return all of them, in their own order."""
    return TypeAdapter(tuple[Scenario, ...]).validate_python(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
