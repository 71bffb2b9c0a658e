"""``assent policy``: what waits is looked at, activated and left again, by people."""

import asyncio
import shutil
import signal
from pathlib import Path

import pytest

from assent_orchestrator.cli.exit_code import ExitCode
from tests.orchestrator.cli.program import Said, assent, serving, write_tokens

CASE = "a small refund is paid"


def lower_the_limit(workspace: Path) -> None:
    """Demand an approval of every refund, and want it so."""
    limits, cases = workspace / "data/limits.yaml", workspace / "cases/refunds.yaml"
    limits.write_text("refund: {lead_above_eur: 1}\n")
    old = "    verdict: allow\n    reasons: [REFUND_STEP]\n    obligations: [{type: timeout, after: 20s}]\n"
    assert old in cases.read_text()
    cases.write_text(cases.read_text().replace(old, "    verdict: require_approval\n", 1))


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own."""
    return Path(shutil.copytree(workspace, tmp_path / "own"))


@pytest.mark.timeout(300)
@pytest.mark.requirement("cli.policy-activation")
async def test_a_person_looks_at_what_waits_activates_it_and_goes_back(own: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    people = {"carla": ["compliance_officer"], "olga": ["operator"]}
    tokens = data / "tokens.json"
    write_tokens(tokens, people)
    async with serving(own, data, "--activation", "manual") as server:
        await server.ready()

        async def policy(who: str, *arguments: str) -> Said:
            where = ("--server", server.address, "--token-file", str(tokens), "--as", who)
            return await asyncio.to_thread(assent, "policy", *arguments, *where)

        lower_the_limit(own)
        server.send(signal.SIGHUP)
        await server.logged("waits: assent policy activate")
        seen = await policy("olga", "status")
        assert seen.code == 0, seen.err
        assert "comes into force by a person" in seen.out
        [row] = [line for line in seen.out.splitlines() if line.startswith(CASE)]
        assert row.split(CASE)[1].split() == [
            "allow",
            "REFUND_STEP",
            "require_approval",
            "REFUND_OVER_LIMIT",
            "REFUND_STEP",
        ]
        told = (await policy("olga", "status", "--json")).json
        first, second = told["active"]["revision"], told["waiting"]["revision"]
        assert told["activation"]["cause"] == "ACTIVATION_CAUSE_START"
        assert (await policy("olga", "activate", second, "--reason", "x")).code == ExitCode.NOT_ALLOWED
        assert f"assent policy activate {second}" in seen.out
        assert " at the first start, on the server local" in seen.out
        none = await policy("carla", "activate", "sha256:zz", "--reason", "x")
        assert (none.code, "none begins with 'sha256:zz'" in none.err) == (ExitCode.USAGE, True), none.err
        done = await policy("carla", "activate", second[:20], "--reason", "reviewed")
        assert (done.code, done.out) == (0, f"{second} is in force\n")
        back = await policy("carla", "rollback", first, "--reason", "too strict", "--json")
        assert (back.json["active"]["revision"], back.json["activation"]["rollback"]) == (first, True)


@pytest.mark.requirement("cli.policy-activation")
def test_a_bundle_is_rehearsed_without_a_server(workspace: Path, own: Path, tmp_path: Path) -> None:
    lower_the_limit(own)
    bundle = tmp_path / "new.tar.gz"
    assert assent("bundle", "build", own, "-o", bundle, "--author", "ada").code == 0
    assert assent("bundle", "inspect", bundle, "--json").json["author"] == "ada"
    passed = assent("policy", "rehearse", bundle, "--against", workspace)
    assert passed.code == 0, passed.err
    assert any(line.startswith(CASE) for line in passed.out.splitlines())
    (own / "data/limits.yaml").write_text("refund: {lead_above_eur: 1000}\n")
    failed = assent("policy", "rehearse", own, "--json")
    assert (failed.code, failed.json["passed"]) == (ExitCode.NO, False)
    assert {failure["part"] for failure in failed.json["failures"]} == {"cases"}


@pytest.mark.requirement("cli.policy-activation", "cli.one-line")
def test_a_server_does_not_start_on_what_does_not_pass_and_says_where(own: Path, tmp_path: Path) -> None:
    (own / "data/limits.yaml").write_text("refund: {lead_above_eur: 1000}\n")
    said = assent("serve", "--workspace", own, "--data", tmp_path / "data")
    assert said.code == ExitCode.INVALID
    assert "did not pass its rehearsal" in said.err
    assert "cases/refunds.yaml:" in said.err
