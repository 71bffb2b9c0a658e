"""The benchmarks run and print what they claim; how fast is not tested."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


async def output(program: str, *counts: int, within: float = 280) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(FOLDER / program), *map(str, counts)),
        cwd=FOLDER,
        env={**os.environ, "GRPC_VERBOSITY": "NONE"},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), within)
    assert process.returncode == 0
    return out.decode()


@pytest.mark.requirement("speed.governed-action")
async def test_a_governed_action_is_set_beside_the_raw_engine_and_a_bare_echo() -> None:
    text = await output("action.py", 10)
    for line in ("raw OPA call", "governed action", "bare grpc", "run of one step"):
        assert re.search(rf"{line}.*?(\s+[\d.]+){{3}}$", text, re.MULTILINE), text
    assert "p50" in text
    assert "p99" in text


@pytest.mark.requirement("speed.simulate", "sidecar.plan-thousand-steps")
async def test_forecasts_of_eight_to_a_thousand_steps_are_measured() -> None:
    text = await output("simulate.py", 2)
    for line in ("8 steps", "200 steps", "1000 steps", "one step that fails"):
        assert re.search(rf"{line}(\s+[\d.]+){{3}}$", text, re.MULTILINE), text


@pytest.mark.requirement("speed.decide")
async def test_decisions_are_set_beside_an_echo_the_raw_engine_and_a_commit() -> None:
    text = await output("decide.py", 5)
    for line in ("raw OPA call", "one commit", "Decide", "DecideBatch of 50"):
        assert re.search(rf"^{line}(\s+[\d.]+){{3}}$", text, re.MULTILINE), text
    assert "times echo + OPA + one commit" in text
    assert "of the echo's rate" in text


@pytest.mark.requirement("speed.growth")
async def test_the_growth_of_decisions_and_memory_is_measured() -> None:
    assert re.search(r"^\s+10\s+0(\s+[\d.]+){8}$", await output("growth.py", 2), re.MULTILINE)


async def test_hand_overs_and_questions_about_them_are_set_beside_the_same_without() -> None:
    text = await output("handovers.py", 2, 1, 3)
    for line in ("8 steps no hand overs", "8 steps 7 hand overs"):
        assert re.search(rf"{line}(\s+[\d.]+){{3}}$", text, re.MULTILINE), text
    for takers in (1, 3):
        assert re.search(rf"^\s+{takers}(\s+[\d.]+){{6}}$", text, re.MULTILINE), text


async def test_recalling_with_many_sets_of_labels_is_set_beside_a_single_question() -> None:
    text = await output("recall.py", 2)
    for line in ("list one question", "of 1 two questions", "of 20 two questions", "of 20 21 questions"):
        assert re.search(rf"{line}(\s+[\d.]+){{3}}$", text, re.MULTILINE), text


@pytest.mark.requirement("speed.shadow")
async def test_decisions_with_a_shadow_are_set_beside_decisions_without() -> None:
    text = await output("shadow.py", 2)
    for clients in (1, 16):
        assert f"of {10 * clients} answers {10 * clients} were compared and 0 were not" in text
    assert len(re.findall(r"^Decide with a shadow(\s+[\d.]+){3}$", text, re.MULTILINE)) == 2, text


@pytest.mark.timeout(700)
@pytest.mark.requirement(
    "speed.runs", "speed.wake-up", "speed.long-run", "speed.bytes", "speed.take-over", "orchestrator.bounded-memory"
)
async def test_runs_are_set_beside_the_bare_engine_and_many_at_once_are_watched() -> None:
    text = await output("runs.py", 1, 4, 10, within=650)
    for line in ("bare engine 8 empty steps", "governed run 8 one by one", "governed run 7 side by side"):
        assert re.search(rf"^{line}(\s+[\d.]+){{3}}$", text, re.MULTILINE), text
    for line in (
        "ms of one processor",
        "governed runs, 4 at once",
        "2 processes",
        "wake-up after an approval",
        "stored for each step",
        "step 1 and step 10",
    ):
        assert line in text, text
    assert re.search(
        r"^take-over of 2 runs after kill -9\s+[\d.]+ s the first\s+[\d.]+ s the last$", text, re.MULTILINE
    ), text
    assert re.search(r"4 runs at once .* \d+ KB a run", text), text


@pytest.mark.requirement("orchestrator.row-level-security")
async def test_what_keeping_tenants_apart_costs_is_set_beside_the_same_without() -> None:
    text = await output("tenants.py", 4)
    for line in ("Decide", "two tenants in turns", "run of 8 steps", "GetRun of 1000 steps", "ListRuns"):
        assert re.search(rf"{line}, without(\s+[\d.]+){{3}}$", text, re.MULTILINE), text
        assert re.search(rf"{line}(\s+[\d.]+){{3}}$", text, re.MULTILINE), text
