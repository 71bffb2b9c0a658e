"""Which way of drawing, and drawing that way."""

from enum import StrEnum

import typer

from assent.v1 import forecasts_pb2
from assent_orchestrator.cli.picture.dot import dot
from assent_orchestrator.cli.picture.mermaid import mermaid
from assent_orchestrator.cli.picture.picture import picture_of
from assent_orchestrator.cli.picture.terminal import terminal
from assent_orchestrator.cli.printing import console


class Drawing(StrEnum):
    """A way of drawing a picture."""

    TERMINAL = "terminal"
    MERMAID = "mermaid"
    DOT = "dot"


def draw(forecast: forecasts_pb2.Forecast, way: Drawing) -> None:
    """Write a forecast as a picture to stdout, and nothing else: it may go into a file."""
    picture = picture_of(forecast)
    match way:
        case Drawing.MERMAID:
            typer.echo(mermaid(picture), nl=False)
        case Drawing.DOT:
            typer.echo(dot(picture), nl=False)
        case Drawing.TERMINAL:
            target = console()
            for line in terminal(picture, target.width):
                target.print(line, soft_wrap=True)
