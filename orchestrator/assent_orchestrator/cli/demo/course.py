"""The course of the demo, from starting things to stopping them."""

import asyncio
import contextlib
import functools
import io
import json
import time
from collections.abc import Iterator, Mapping
from typing import ClassVar, TextIO
from urllib.parse import urlsplit

from grpc import aio
from rich.console import Console

from assent.v1 import approvals_pb2
from assent_orchestrator.cli.demo import performance
from assent_orchestrator.cli.demo.attempt import Attempt
from assent_orchestrator.cli.demo.board import Board
from assent_orchestrator.cli.demo.card import WIDTH
from assent_orchestrator.cli.demo.document import document
from assent_orchestrator.cli.demo.ending import Ending
from assent_orchestrator.cli.demo.letter import read_letters
from assent_orchestrator.cli.demo.next_steps import next_steps
from assent_orchestrator.cli.demo.page import Page
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.stage import Stage, open_stage
from assent_orchestrator.cli.demo.story import RENEWAL_STORY, Story
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.stage.examples import find_examples
from assent_orchestrator.cli.stage.interruption import interruptible
from assent_orchestrator.cli.stage.people import AUDITOR, OPERATOR
from assent_orchestrator.cli.stage.program import Program
from assent_sidecar.model import Json

_STARTING = "starting PostgreSQL, OPA, the server, the systems of {} and its mail server ..."
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class Course:
    """One demo. On a terminal a table changes while things happen; elsewhere there are only lines."""

    story: ClassVar[Story] = RENEWAL_STORY
    ending_of: ClassVar[type[Ending]] = Ending

    def __init__(self, environ: Mapping[str, str], out: TextIO, *, keep: bool, as_json: bool) -> None:
        """Print on ``out``: a page, or one JSON document."""
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="replace")  # a terminal that lacks a character still gets the rest
        terminal = out.isatty()
        self._console = Console(
            file=out, width=None if terminal else WIDTH, quiet=as_json, highlight=False, markup=False, emoji=False
        )
        self._live = terminal and not as_json and not self._console.is_dumb_terminal
        self._environ, self._out, self._keep, self._as_json = environ, out, keep, as_json
        self._page = Page(self._console, self.story)
        self._began = time.monotonic()
        self._good = False

    async def run(self) -> int:
        """Go through it all; return the exit code.

        Raises:
            Problem: something did not start, or did not answer.
        """
        with interruptible() as interruption:
            try:
                await self._run()
            except asyncio.CancelledError:
                if interruption.number is None:
                    raise
                self._console.print("\nStopped; nothing is left running, the temporary folder is gone.")
                if not (self._keep and self._good):
                    return interruption.exit_code
        return ExitCode.DONE if self._good else ExitCode.NO

    async def _run(self) -> None:
        examples = find_examples(example=self.story.example)
        async with contextlib.AsyncExitStack() as stack:
            with self._waiting(_STARTING.format(self.story.company)):
                stage = await stack.enter_async_context(open_stage(examples, self._environ, self.story.cast))
            with failures(stage.server):
                ending, revision = await self._perform(stage)
            seconds = time.monotonic() - self._began
            steps = next_steps(stage, ending, self.story) if self._keep else ()
            self._page.ending(ending, seconds, traces_of(self._environ))
            if self._as_json:
                json.dump(document(ending, revision, seconds, steps), self._out, indent=2, ensure_ascii=False)
                self._out.write("\n")
            elif steps:
                self._page.next_steps(steps)
            self._out.flush()
            self._good = ending.good
            if self._keep:
                status = await stage.server.ended()
                raise _failure(f"the server ended by itself, with status {status}", stage.server)

    def edits(self, shown: approvals_pb2.Approval) -> Mapping[str, Json]:
        """Return what whoever is asked changes before saying yes: nothing."""
        del shown
        return {}

    async def aftermath(self, stage: Stage, acts: tuple[Act, ...]) -> tuple[Attempt, ...]:
        """Try what is to be tried when the runs are over; return what came of it: nothing."""
        del stage, acts
        return ()

    @contextlib.contextmanager
    def _waiting(self, what: str) -> Iterator[None]:
        if self._live:
            with self._console.status(what):
                yield
        else:
            self._console.print(what)
            yield

    async def _perform(self, stage: Stage) -> tuple[Ending, str]:
        health = await stage.desk(OPERATOR).health()
        self._page.opening(health, time.monotonic() - self._began)
        runtime, director = stage.desk(self.story.cast.runtime), stage.desk(self.story.cast.answers)
        acts = await performance.submit(runtime, self.story.customers)
        board = Board(acts)
        with board.live(self._console) if self._live else contextlib.nullcontext():
            async with performance.following(runtime, acts, board.hear):
                for act in acts:
                    await act.resting.wait()
                for act in acts:
                    show = functools.partial(self._page.question, act)
                    await performance.answer(director, act, self.story.rationale, self.edits, show)
        attempts = await self.aftermath(stage, acts)
        verification = await performance.read_back(stage.desk(AUDITOR), acts)
        ending = self.ending_of(acts, await asyncio.to_thread(read_letters, stage.mailbox), verification, attempts)
        self._page.board(board)
        self._page.denials(acts)
        self._page.letters(ending)
        self._page.attempts(ending)
        self._page.timelines(acts)
        return ending, health.revision


def traces_of(environ: Mapping[str, str]) -> str:
    """Return where spans are sent, without what may be secret in a URL; empty when they go nowhere."""
    endpoint = next((environ[name] for name in _ENDPOINTS if environ.get(name)), "")
    parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
    return parts.netloc.rpartition("@")[2]


@contextlib.contextmanager
def failures(server: Program) -> Iterator[None]:
    """Make problems of what the server fails with, or does not do in time.

    Raises:
        Problem: it did; the end of its log is told.
    """
    try:
        yield
    except aio.AioRpcError as error:
        raise _failure(f"the server answered {error.code().name}: {error.details()}", server) from error
    except TimeoutError as error:
        raise _failure("the runs did not come to their end in time", server) from error


def _failure(message: str, server: Program) -> Problem:
    return Problem(
        f"{message}; its log ends with:",
        ExitCode.UNAVAILABLE,
        code="DEMO_FAILED",
        details=server.last_words(),
    )
