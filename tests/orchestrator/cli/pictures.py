"""Forecasts that were kept, and everything that is drawn of one."""

from pathlib import Path

from google.protobuf.json_format import Parse

from assent.v1 import forecasts_pb2
from assent_orchestrator.cli.picture.dot import dot
from assent_orchestrator.cli.picture.mermaid import mermaid
from assent_orchestrator.cli.picture.picture import Picture, picture_of
from assent_orchestrator.cli.picture.terminal import terminal

PICTURES = Path(__file__).parents[2] / "cases" / "pictures"
FORECAST = "forecast.json"


def forecast(folder: Path) -> forecasts_pb2.Forecast:
    """Return the forecast that is kept in a folder."""
    return Parse((folder / FORECAST).read_text(encoding="utf-8"), forecasts_pb2.Forecast())


def text(picture: Picture, width: int) -> str:
    """Return what a terminal of that width would show."""
    return "".join(f"{line.plain.rstrip()}\n" for line in terminal(picture, width))


def drawn_in_every_way(found: forecasts_pb2.Forecast) -> dict[str, str]:
    """Return every drawing by the name of the file in which it is kept."""
    picture = picture_of(found)
    return {
        "terminal-80.txt": text(picture, 80),
        "terminal-120.txt": text(picture, 120),
        "flowchart.mmd": mermaid(picture),
        "graph.dot": dot(picture),
    }
