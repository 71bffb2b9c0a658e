"""Runs whose steps returned more than one answer can hold."""

import pytest

from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.server.translate.run import MOST_BYTES, write_view, write_whole_step
from assent_orchestrator.tools.outcome import Success
from tests.orchestrator.execution.conftest import MakeWorld

MIB = 1024 * 1024
FITS, LATE = 3, 8
"""How many of the outputs there is room for, and how many steps there are."""


@pytest.mark.requirement("orchestrator.large-runs-are-shown")
async def test_a_run_with_large_outputs_is_shown_and_each_output_fetched(make_world: MakeWorld) -> None:
    text = "x" * (MIB - 100)
    steps = [{"id": f"s{n}", "action": "box.put", "after": [f"s{n - 1}"] if n else []} for n in range(LATE)]
    world = await make_world(steps, tool=lambda _: Success({"text": text}))
    run = await world.submit()
    view = await world.end_of(run)
    made = write_view(view)
    assert made.ByteSize() <= MOST_BYTES
    assert [step.output_omitted for step in made.steps] == [n >= FITS for n in range(LATE)]
    assert [step.HasField("output") for step in made.steps] == [n < FITS for n in range(LATE)]
    last = write_whole_step(await world.runs.step(world.alice, run, f"s{LATE - 1}"))
    assert (last.output.struct_value["text"], last.output_omitted) == (text, False)
    for who, step in ((world.alice, "nope"), (world.person("eve"), "s0")):
        with pytest.raises(NotFoundError):
            await world.runs.step(who, run, step)


@pytest.mark.requirement("orchestrator.large-runs-are-shown")
async def test_what_is_small_as_json_and_large_on_the_wire_is_left_out_as_well(make_world: MakeWorld) -> None:
    numbers = {"many": [1] * 400_000}  # two bytes each as JSON, eleven in a message
    world = await make_world([{"id": "s", "action": "box.put"}], tool=lambda _: Success(numbers))
    run = await world.submit()
    view = await world.end_of(run)
    assert view.omitted == frozenset()
    for made in (write_view(view).steps[0], write_whole_step(await world.runs.step(world.alice, run, "s"))):
        assert (made.output_omitted, made.HasField("output")) == (True, False)
