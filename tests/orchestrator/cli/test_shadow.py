"""``assent policy shadow`` against a real server with two real engines."""

import asyncio
import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from assent_sidecar.bundle.contents import read_archive, write_archive
from tests.orchestrator.cli.program import Desk, assent, serving, write_tokens

LIMIT = "lead_above_eur: 100"


def stricter(workspace: Path, folder: Path) -> Path:
    """A copy of the workspace that asks a service lead about every refund of more than 20 EUR."""
    copy = Path(shutil.copytree(workspace, folder / "candidate"))
    limits = copy / "data/limits.yaml"
    limits.write_text(limits.read_text(encoding="utf-8").replace(LIMIT, "lead_above_eur: 20"), encoding="utf-8")
    return copy


def looser(workspace: Path, folder: Path) -> Path:
    """A copy of the workspace that asks nobody about refunds of up to 10,000 EUR."""
    copy = Path(shutil.copytree(workspace, folder / "looser"))
    limits = copy / "data/limits.yaml"
    limits.write_text(limits.read_text(encoding="utf-8").replace(LIMIT, "lead_above_eur: 10000"), encoding="utf-8")
    return copy


def refund(desk: Desk, euros: int) -> Any:
    """Ask for a refund as an agent that acts itself; return the answer."""
    args = json.dumps({"order": "ORD-1001", "amount_eur": euros})
    said = desk(
        *("decide", "shop.refund", "--agent", "service_desk", "--process", "refund", "--args", args),
        *("--fulfils", "timeout", "--as", "sam", "--json"),
    )
    return said.json


def reported(desk: Desk, different: int, *more: str) -> Any:
    """Return the report, when so many answers differ: the candidate is asked after the live decision is given."""
    for _ in range(30):
        said = desk("policy", "shadow", "report", "--json", *more)
        if int(said.json["different_count"]) == different:
            return said.json
    raise AssertionError(said.out)


@pytest.mark.requirement("shadow.commands", "shadow.has-no-effect")
def test_a_candidate_is_tried_reported_on_and_stopped(desk: Desk, tmp_path: Path) -> None:
    refused = desk("policy", "shadow", "start", stricter(desk.workspace, tmp_path))
    assert (refused.code, "compliance_officer" in refused.err) == (5, True), refused.err
    started = desk("policy", "shadow", "start", tmp_path / "candidate", "--as", "cora", "--json")
    assert started.code == 0, started.err
    try:
        revision = started.json["revision"]
        again = desk("policy", "shadow", "start", tmp_path / "candidate", "--as", "cora")
        assert (again.code, "stop it first" in again.err) == (6, True), (again.code, again.err)
        answer = refund(desk, 50)
        assert answer["decision"]["verdict"] == "VERDICT_ALLOW", "nobody is asked"
        told = reported(desk, 1, "--as", "olga")
        report = desk("policy", "shadow", "report", "--as", "olga")
        assert report.code == 0, report.err
        assert re.search(
            r"^[0-9]+ answers? compared: [0-9]+ the same, 1 different; 0 without", report.out, re.MULTILINE
        )
        assert "would be stricter:" in report.out
        assert "looser" not in report.out
        assert "1 x action shop.refund: allow" in report.out
        assert "-> require_approval REFUND_OVER_LIMIT [FIN-01]" in report.out
        [difference] = told["differences"]
        assert (difference["change"], difference["count"]) == ("SHADOW_CHANGE_STRICTER", "1")
        assert difference["live_revision"] != told["shadow"]["revision"] == revision
        [example] = difference["examples"]
        assert example["decision_id"] == answer["decision"]["decision_id"]
        assert example["step"] == "cli"
    finally:
        stopped = desk("policy", "shadow", "stop", "--as", "cora")
    assert (stopped.code, revision in stopped.out) == (0, True)
    assert desk("policy", "shadow", "stop", "--as", "cora").code == 6
    assert "until now" not in desk("policy", "shadow", "report", "--as", "cora").out


@pytest.mark.requirement("shadow.is-believed-like-any-bundle", "shadow.commands")
def test_what_cannot_be_a_candidate_is_refused_with_what_is_wrong(desk: Desk, tmp_path: Path) -> None:
    def start(what: str | Path, *more: str) -> tuple[int, str]:
        said = desk("policy", "shadow", "start", what, "--as", "cora", *more)
        return said.code, said.err

    assert start(tmp_path / "nothing")[0] == 4
    (tmp_path / "noise").write_bytes(b"noise")
    code, said = start(tmp_path / "noise")
    assert (code, "BUNDLE_MALFORMED" in said or "cannot be read" in said) == (3, True), said
    (tmp_path / "large").write_bytes(bytes(4_000_001))
    code, said = start(tmp_path / "large")
    assert (code, "4000000" in said) == (3, True), said
    code, said = start("sha256:" + "0" * 64)
    assert (code, "kept" in said) == (4, True), said
    broken = stricter(desk.workspace, tmp_path)
    (broken / "policies/org/access.rego").write_text("package policies.org.access\n\ndeny contains {\n")
    code, said = start(broken)
    assert (code, "policies/org/access.rego:" in said) == (3, True), said
    assert desk("bundle", "build", desk.workspace, "-o", tmp_path / "good.tar.gz").code == 0
    files = read_archive((tmp_path / "good.tar.gz").read_bytes())
    (tmp_path / "changed.tar.gz").write_bytes(write_archive({**files, "data.json": b"{}"}))
    code, said = start(tmp_path / "changed.tar.gz")
    assert (code, "BUNDLE_MALFORMED" in said) == (3, True), said


@pytest.mark.timeout(300)
@pytest.mark.requirement("shadow.is-durable", "shadow.is-believed-like-any-bundle")
async def test_a_shadow_of_signed_bundles_survives_kill_9_and_its_engine_does_not(
    workspace: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    tokens = write_tokens(data / "tokens.json", {"sam": ["submitter", "auditor", "compliance_officer"]})
    key, bundle = tmp_path / "release.pem", tmp_path / "live.tar.gz"
    assert assent("bundle", "key", key).code == 0
    assert assent("bundle", "build", workspace, "-o", bundle, "--key", f"release={key}").code == 0
    public = key.with_name("release.pub.pem")
    arguments = ("--bundle", str(bundle), "--bundle-key", f"release={public}", "--tool-server", "shop=127.0.0.1:1")
    candidate = looser(workspace, tmp_path)
    async with serving(workspace, data, *arguments) as server:
        await server.ready()
        desk = Desk(workspace, data, server, tokens)
        refused = await asyncio.to_thread(desk, "policy", "shadow", "start", candidate)
        assert (refused.code, "BUNDLE_UNSIGNED" in refused.err or "not signed" in refused.err) == (3, True), refused.err
        signed = await asyncio.to_thread(desk, "policy", "shadow", "start", candidate, "--key", f"release={key}")
        assert signed.code == 0, signed.err
        await server.logged("is asked beside the policies in force")
        below = psutil.Process(server.process.pid).children(recursive=True)
        engines = [one for one in below if one.name() == "opa"]
        assert (await asyncio.to_thread(refund, desk, 250))["decision"]["verdict"] == "VERDICT_REQUIRE_APPROVAL"
        before = await asyncio.to_thread(reported, desk, 1)
        server.send(signal.SIGKILL)
        await server.ended()
        assert engines
        assert psutil.wait_procs(engines, timeout=60)[1] == []
    async with serving(workspace, data, *arguments) as server:
        await server.ready()
        desk = Desk(workspace, data, server, tokens)
        await server.logged("is asked beside the policies in force")
        assert (await asyncio.to_thread(refund, desk, 250))["decision"]["verdict"] == "VERDICT_REQUIRE_APPROVAL"
        after = await asyncio.to_thread(reported, desk, 2)
        for report, count in ((before, "1"), (after, "2")):
            [held] = report["differences"]
            assert (held["change"], held["count"]) == ("SHADOW_CHANGE_LOOSER", count)
            assert held["live"]["stages"] == [{"role": "service_lead", "quorum": 1, "substitutes": []}]
            assert report["shadow"]["signer"] == "release"
