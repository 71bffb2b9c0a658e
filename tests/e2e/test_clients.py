import pytest

from tests.e2e.clients.endpoint import Endpoint
from tests.e2e.clients.program import HERE, Client, go_client, lines, node_client

pytestmark = [
    pytest.mark.timeout(600),  # the first build of the Go client compiles gRPC
    pytest.mark.requirement("proto.clients-in-other-languages"),
]
ENDED = {f"RUN_STATE_{state}" for state in ("SUCCEEDED", "FAILED", "COMPENSATED", "CANCELLED", "HALTED")}


@pytest.fixture(scope="module", params=["go", "node"])
async def client(request, tmp_path_factory) -> Client:
    make = {"go": go_client, "node": node_client}[request.param]
    return await make(tmp_path_factory.mktemp(request.param))


async def test_a_plan_is_submitted_and_watched_to_its_end(client: Client, server: Endpoint) -> None:
    finished = await client.submit(server.address, server.token, server.plan)
    assert finished.code == 0, finished.errors
    first, *watched, last = lines(finished)
    assert first["run"]["name"].startswith(f"{server.plan['parent']}/runs/")
    assert last["end"]["name"] == first["run"]["name"]
    assert last["end"]["state"] in ENDED
    events = [line["event"] for line in watched if not line["event"].get("heartbeat")]
    numbers = [int(event["seq"]) for event in events]
    assert numbers, "nothing happened"
    assert numbers == sorted(set(numbers))
    assert {event["step"] for event in events if event.get("step")} <= {step["id"] for step in last["end"]["steps"]}


async def test_a_caller_whom_nobody_knows_is_told_so(client: Client, server: Endpoint) -> None:
    finished = await client.submit(server.address, "not-a-token", server.plan)
    assert finished.code == 1
    assert "unauthenticated" in finished.errors.lower()
    assert not finished.output


def test_the_lock_file_names_no_registry() -> None:
    text = (HERE / "node" / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in text
    assert '"resolved"' not in text
