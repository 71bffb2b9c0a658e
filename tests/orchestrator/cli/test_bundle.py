import asyncio
import json
import shutil
import signal
from pathlib import Path

import pytest

from assent_orchestrator.cli.exit_code import ExitCode
from tests.orchestrator.cli.program import SECONDS, assent, serving
from tests.sidecar.organisations import make_org, make_tenant
from tests.sidecar.workspace_copies import put


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """A copy of the workspace that a test may change."""
    return Path(shutil.copytree(workspace, tmp_path / "workspace"))


@pytest.fixture
def signed(workspace: Path, tmp_path: Path) -> Path:
    """A bundle of the workspace, signed as number 1; ``release.pem`` and ``release.pub.pem`` are beside it."""
    bundle = tmp_path / "bundle.tar.gz"
    assert assent("bundle", "key", tmp_path / "release.pem").code == 0
    build(workspace, bundle, 1)
    return bundle


def build(workspace: Path, bundle: Path, sequence: int) -> str:
    key = f"release={bundle.parent / 'release.pem'}"
    said = assent("bundle", "build", workspace, "-o", bundle, "--key", key, "--sequence", str(sequence), "--json")
    assert said.code == 0, said.err
    return str(said.json["revision"])


def limit(workspace: Path, euros: int) -> None:
    (workspace / "data/limits.yaml").write_text(f"refund: {{lead_above_eur: {100 + euros}}}\n")


@pytest.mark.requirement("cli.bundle")
def test_a_bundle_is_built_signed_verified_and_looked_into(workspace: Path, signed: Path, tmp_path: Path) -> None:
    public = f"release={tmp_path / 'release.pub.pem'}"
    verified = assent("bundle", "verify", signed, "--key", public, "--json").json
    assert (verified["sequence"], verified["signed_by"]) == (1, "release")
    plain = tmp_path / "plain.tar.gz"
    built = assent("bundle", "build", workspace, "-o", plain, "--json").json
    assert (built["revision"], built["signed"]) == (verified["revision"], False)
    alike = assent("bundle", "build", workspace, "-o", plain, "--author", "\u0430da")  # no letter of a caller's id
    assert (alike.code, "the id of a caller" in alike.err) == (ExitCode.USAGE, True)
    assert assent("bundle", "verify", plain, "--key", public).code == ExitCode.NOT_ALLOWED
    key = f"release={tmp_path / 'release.pem'}"
    again = assent("bundle", "sign", plain, "--key", key, "-o", plain, "--json").json
    assert again["revision"] == verified["revision"]
    assert again["sequence"] > 1_700_000_000
    seen = assent("bundle", "inspect", plain, "--json").json
    assert (seen["revision"], seen["claims_key"]) == (verified["revision"], "release")
    assert "data.json" in seen["files"]
    assert verified["revision"] in assent("bundle", "inspect", plain).out
    plain.write_bytes(b"no bundle")
    for command in (("inspect", plain), ("verify", plain, "--key", public)):
        refused = assent("bundle", *command)
        assert (refused.code, refused.err.count("\n")) == (ExitCode.INVALID, 1)


@pytest.mark.requirement("cli.bundle", "sidecar.bundle-keys")
def test_keys_that_cannot_be_used_are_said(workspace: Path, signed: Path, tmp_path: Path) -> None:
    assert assent("bundle", "key", tmp_path / "release.pem").code == ExitCode.CONFLICT
    wrong = assent("bundle", "verify", signed, "--key", f"release={tmp_path / 'release.pem'}")
    assert (wrong.code, "public half" in wrong.err) == (ExitCode.NOT_ALLOWED, True)
    (tmp_path / "release.pem").chmod(0o644)
    build_it = assent("bundle", "build", workspace, "-o", signed, "--key", f"release={tmp_path / 'release.pem'}")
    assert build_it.code == ExitCode.NOT_ALLOWED
    swapped = assent("bundle", "build", workspace, "-o", signed, "--key", f"release={tmp_path / 'release.pub.pem'}")
    assert (swapped.code, "holds a public key" in swapped.err) == (ExitCode.NOT_ALLOWED, True)


@pytest.mark.requirement("cli.serve-bundle")
async def test_a_server_follows_a_signed_file_refuses_an_older_one_and_goes_back_by_name(
    own: Path, signed: Path, tmp_path: Path
) -> None:
    options = ("--bundle", str(signed), "--bundle-key", f"release={tmp_path / 'release.pub.pem'}", "--json")
    data = tmp_path / "data"
    async with serving(own, data, *options, "--max-staleness", "24h") as server:
        first = json.loads(await server.ready())["revision"]
        limit(own, 7)
        second = await asyncio.to_thread(build, own, signed, 2)
        await server.logged(f"the revision {second} is in force")
        limit(own, 8)
        await asyncio.to_thread(build, own, signed, 1)
        await server.logged("but 2 was in force")
    await asyncio.to_thread(signed.unlink)
    async with serving(own, data, *options, "--rollback", first) as back:
        assert json.loads(await back.ready())["revision"] == first
        await back.logged(f"rolled back by name: from {second} to {first}")


@pytest.mark.requirement("cli.serve-bundle")
async def test_a_watched_workspace_is_taken_in_by_itself_and_kept_when_it_breaks(own: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(own, data, "--watch", "--json") as server:
        first = json.loads(await server.ready())["revision"]
        limit(own, 7)
        log = await server.logged("is in force, from workspace")
        second = next(line for line in log.splitlines() if "is in force, from" in line).partition("sha256:")[2][:64]
        assert f"sha256:{second}" != first
    (own / "data/limits.yaml").write_text("[")
    async with serving(own, data, "--json") as again:
        assert json.loads(await again.ready())["revision"] == f"sha256:{second}"
        await again.logged("data/limits.yaml:1")
        again.send(signal.SIGTERM)
        assert await asyncio.wait_for(again.ended(), SECONDS) == 0


@pytest.mark.requirement("cli.serve-bundle", "cli.one-line")
@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (["--bundle-key", "a=b"], ExitCode.USAGE, "--bundle"),
        (["--max-staleness", "soon"], ExitCode.USAGE, "24h"),
        (["--bundle", "{bundle}"], ExitCode.NOT_ALLOWED, "does not count"),
        (["--bundle", "{bundle}.none", "--allow-unsigned"], ExitCode.UNAVAILABLE, "cannot be read"),
        (["--bundle", "{bundle}", "--bundle-key", "a={bundle}"], ExitCode.NOT_ALLOWED, "public key"),
    ],
)
def test_a_server_that_cannot_believe_its_bundle_says_so_in_one_line(
    signed: Path, tmp_path: Path, options: list[str], code: ExitCode, word: str
) -> None:
    written = [option.format(bundle=signed) for option in options]
    said = assent("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", *written)
    assert said.code == code
    [line] = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert word in line


@pytest.mark.requirement("orchestrator.org-composed", "orchestrator.org-not-loosened")
def test_a_tenants_bundle_is_built_and_tested_under_the_organisations(tmp_path: Path) -> None:
    org, tenant = make_org(tmp_path), make_tenant(tmp_path)
    built, out = tmp_path / "org.tar.gz", tmp_path / "sales.tar.gz"
    assert assent("bundle", "build", org, "-o", built).code == ExitCode.DONE
    of_folder = assent("bundle", "build", tenant, "-o", out, "--under", org, "--json").json
    of_file = assent("bundle", "build", tenant, "-o", out, "--under", built, "--json").json
    assert of_folder["revision"] == of_file["revision"]
    tested = assent("policy", "test", tenant, "--under", built, "--json")
    assert tested.code == ExitCode.DONE
    assert {"policies/org/baseline_test.rego", "cases/renewal.yaml"} <= {one["file"] for one in tested.json["checks"]}
    put(tenant, "data/house.yaml", "closed: true\n")
    for command in (("bundle", "build", tenant, "-o", out), ("policy", "test", tenant)):
        refused = assent(*command, "--under", org)
        assert refused.code == ExitCode.INVALID
        assert "house.yaml:1: ORG_LOOSENED: 'house' is the organisation's" in refused.err + refused.out
    nothing = assent("bundle", "build", tenant, "-o", out, "--under", tenant / "assent.yaml")
    assert (nothing.code, "no gzipped tar" in nothing.err) == (ExitCode.INVALID, True)
