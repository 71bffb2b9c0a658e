"""Forecasts of the examples, by real servers. ``python -m tests.e2e.pictures`` keeps them and what is drawn."""

import asyncio
import tempfile
from pathlib import Path

from google.protobuf.json_format import MessageToJson, Parse

from assent.v1 import forecasts_pb2
from tests.examples.programs import EXAMPLES
from tests.orchestrator.cli.pictures import FORECAST, PICTURES, drawn_in_every_way
from tests.orchestrator.cli.program import assent, serving, write_tokens

PLANS = {
    "renewal": ("contract_renewal", ("company",), "{process: contract_renewal, inputs: {account: ACC-1001}}"),
    "review": ("legal_review", ("firm", "summariser"), "{process: contract_review, inputs: {matter: M-2001}}"),
}
"""By the folder that keeps it: the workspace, the names of its tool servers, the plan. None of them is there."""

_NOWHERE = "127.0.0.1:1"


async def forecast_of(folder: Path, name: str) -> forecasts_pb2.Forecast:
    """Return what a new server forecasts; what is different each time is left out."""
    workspace, tool_servers, plan = PLANS[name]
    write_tokens(folder / "data/tokens.json", {"sam": ["submitter"]})
    given = [part for one in tool_servers for part in ("--tool-server", f"{one}={_NOWHERE}")]
    async with serving(EXAMPLES / workspace, folder / "data", *given) as server:
        await server.ready()
        data, address = str(folder / "data"), server.address
        said = await asyncio.to_thread(
            lambda: assent("plan", "simulate", "-", "--json", stdin=plan, ASSENT_SERVER=address, ASSENT_DATA=data)
        )
    assert said.code == 0, said.err
    return without_ids(Parse(said.out, forecasts_pb2.Forecast()))


def without_ids(found: forecasts_pb2.Forecast) -> forecasts_pb2.Forecast:
    """Return a forecast without what is another one each time, or with each change of the workspace."""
    made = forecasts_pb2.Forecast()
    made.CopyFrom(found)
    verdict, reasons = made.decision.verdict, list(made.decision.reasons)
    made.ClearField("decision")
    made.decision.verdict = verdict
    made.decision.reasons.extend(reasons)
    return made


async def _keep() -> None:
    for name in PLANS:
        with tempfile.TemporaryDirectory(prefix="picture-") as folder:
            found = await forecast_of(Path(folder), name)
        kept = PICTURES / name
        kept.mkdir(exist_ok=True)
        files = {FORECAST: MessageToJson(found, indent=1, sort_keys=True) + "\n", **drawn_in_every_way(found)}
        for file, content in files.items():
            (kept / file).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_keep())
