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


class Scenario(BaseModel):
    """One kind of renewal: ``account`` decides which way it goes. ``victims`` are killed in turn.

    ``fails`` is the step that the tool server refuses, without effect; ``end`` is how the run ends.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    account: str
    victims: tuple[Victim, ...]
    fails: str = ""
    end: str = "succeeded"


_FILE = Path(__file__).with_name("scenarios.yaml")


def read_scenarios(path: Path = _FILE) -> tuple[Scenario, ...]:
    """Return all of them, in their own order."""
    return TypeAdapter(tuple[Scenario, ...]).validate_python(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
