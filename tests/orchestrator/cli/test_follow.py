from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from assent.v1 import runs_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.options import Common
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.watch import follow
from tests.orchestrator.cli.impostor import impostor

NAME = "tenants/local/runs/x"


class Cutting:
    """Streams a run of six events, and loses the connection after every second one."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def watch(self, request: wire.WatchRunRequest, context: grpc.ServicerContext) -> Iterator[wire.RunEvent]:
        self.asked.append(request.after_seq)
        yield wire.RunEvent(seq=request.after_seq, heartbeat=True)
        for seq in range(request.after_seq + 1, 7):
            yield wire.RunEvent(seq=seq, event="decision.made")
            if seq % 2 == 0 and seq < 6:
                context.abort(grpc.StatusCode.UNAVAILABLE, "cut")

    def get(self, _request: Any, _context: Any) -> wire.Run:
        return wire.Run(name=NAME, state=wire.RUN_STATE_SUCCEEDED)


@pytest.fixture
def cutting() -> Cutting:
    return Cutting()


@pytest.fixture
def connection(cutting: Cutting) -> Iterator[Connection]:
    methods = {"RunService.WatchRun": cutting.watch, "RunService.GetRun": cutting.get}
    with impostor(methods) as address, Connection(Common(server=address), {"ASSENT_TOKEN": "t" * 43}) as opened:
        yield opened


@pytest.mark.requirement("cli.watch-resumes")
def test_a_watcher_goes_on_where_the_connection_was_lost(
    connection: Connection, cutting: Cutting, capsys: pytest.CaptureFixture[str]
) -> None:
    pauses: list[float] = []
    found = [event.seq for event in follow(connection, NAME, pause=pauses.append)]
    assert found == [1, 2, 3, 4, 5, 6]
    assert cutting.asked == [0, 2, 4]
    assert len(pauses) == 2
    assert "going on where it stopped" in capsys.readouterr().err


def test_a_watcher_of_a_server_that_stays_away_gives_up(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        Connection(Common(server="127.0.0.1:1"), {"ASSENT_TOKEN": "t" * 43}) as away,
        pytest.raises(Problem, match="no Assent server answers at "),
    ):
        list(follow(away, NAME, patience=0.3, pause=lambda _: None))
    assert capsys.readouterr().err.count("\n") <= 1


def test_a_watcher_who_may_not_see_the_run_does_not_try_again() -> None:
    tries: list[int] = []

    def refuse(_request: Any, context: grpc.ServicerContext) -> Iterator[wire.RunEvent]:
        tries.append(1)
        context.abort(grpc.StatusCode.NOT_FOUND, "there is no such run")
        yield from ()

    with (
        impostor({"RunService.WatchRun": refuse}) as address,
        Connection(Common(server=address), {"ASSENT_TOKEN": "t" * 43}) as opened,
        pytest.raises(Problem),
    ):
        list(follow(opened, NAME, pause=lambda _: None))
    assert tries == [1]
