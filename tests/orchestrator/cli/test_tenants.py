from pathlib import Path

import pytest

from assent_orchestrator.cli.examination import wanted
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.places import read_tenants, share_out_keys
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.config import TenantSettings
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.catalogue.catalogue import Catalogue
from tests.orchestrator.cli.program import assent, serving
from tests.sidecar.organisations import make_org, make_tenant
from tests.sidecar.workspace_copies import put, replace


def test_tenants_and_their_limits_are_read() -> None:
    limits = ["legal.runs=5", "legal.decisions=2", "legal.waiting=0"]
    assert read_tenants(["sales=a/b", "legal=https://x.example/y?z=1"], limits) == {
        "sales": TenantSettings("a/b"),
        "legal": TenantSettings("https://x.example/y?z=1", decisions_at_once=2, decisions_waiting=0, runs=5),
    }


@pytest.mark.parametrize(
    ("places", "limits", "said"),
    [
        (["sales"], [], "write NAME=DIR"),
        (["=x"], [], "write NAME=DIR"),
        (["Sales=x"], [], "write NAME=DIR"),
        (["sales/x=x"], [], "write NAME=DIR"),
        (["local=x"], [], "whose policies are the organisation's"),
        (["sales=x", "sales=y"], [], "named twice"),
        (["sales-eu=x", "sales_eu=y"], [], "ASSENT_BUNDLE_TOKEN_SALES_EU"),
        (["sales=x"], ["sales=5"], "NAME.runs=N"),
        (["sales=x"], ["sales.runs=0"], "NAME.runs=N"),
        (["sales=x"], ["sales.runs=-1"], "NAME.runs=N"),
        (["sales=x"], ["sales.speed=1"], "NAME.runs=N"),
        (["sales=x"], ["legal.runs=1"], "no tenant 'legal'"),
    ],
)
def test_what_names_no_tenant_or_no_limit_is_refused(places: list[str], limits: list[str], said: str) -> None:
    with pytest.raises(Problem, match=said) as caught:
        read_tenants(places, limits)
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_key_is_for_all_or_for_one_tenant() -> None:
    tenants = read_tenants(["sales=a", "legal=b"], [])
    named = ["release=keys/r=1.pem", "sales/release=s.pem", "sales/next=n/x.pem", "folder/of/keys"]
    shared, found = share_out_keys(named, tenants)
    assert shared == ("release=keys/r=1.pem", "folder/of/keys")
    assert found == {
        "sales": TenantSettings("a", bundle_keys=("release=s.pem", "next=n/x.pem")),
        "legal": TenantSettings("b"),
    }


@pytest.mark.parametrize("named", ["legal/release=x.pem", "local/release=x.pem", "/release=x.pem", "a/sales/k=x.pem"])
def test_a_key_for_nobody_who_is_served_is_refused(named: str) -> None:
    with pytest.raises(Problem, match="no tenant that is served") as caught:
        share_out_keys([named], read_tenants(["sales=a"], []))
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.requirement("orchestrator.tenant-keys")
async def test_one_tenants_key_signs_nobody_elses_bundle(tmp_path: Path) -> None:
    org, sales = make_org(tmp_path), make_tenant(tmp_path)
    private, public = tmp_path / "sales.pem", tmp_path / "sales.pub.pem"
    assert assent("bundle", "key", private).code == 0
    bundle = tmp_path / "sales.tar.gz"
    built = assent("bundle", "build", sales, "--under", org, "-o", bundle, "--key", f"release={private}")
    assert built.code == 0, built.err
    serve = ("--tenant", f"sales={bundle}", "--tenant", f"legal={make_tenant(tmp_path, 'legal')}")
    where = ("serve", "-w", org, "--data", tmp_path / "data", "--listen", "127.0.0.1:0")
    refused = assent(*where, *serve, "--bundle-key", f"legal/release={public}")
    assert refused.code == ExitCode.NOT_ALLOWED, refused.err
    assert "the tenant sales: " in refused.err
    async with serving(org, tmp_path / "data", *serve, "--bundle-key", f"sales/release={public}") as server:
        await server.ready()


async def test_a_tool_server_that_a_tenant_needs_of_its_own_is_told_by_the_name_that_it_would_have(
    tmp_path: Path,
) -> None:
    tenant = ("--tenant", f"sales={make_tenant(tmp_path)}", "--tool-server", "email=127.0.0.1:1")
    async with serving(make_org(tmp_path), tmp_path / "data", *tenant, "--tool-server", "crm=127.0.0.1:1") as server:
        await server.ready()
        log = await server.logged("no address of the tool server sales/crm: its operations fail; ")
    assert "give --tool-server sales/crm=…" in log
    assert log.count("no address of ") == 1


async def test_a_tool_server_without_an_address_is_told_with_the_tenants_that_name_it(tmp_path: Path) -> None:
    org, sales = make_org(tmp_path), make_tenant(tmp_path)
    tenant = ("--tenant", f"sales={sales}", "--tool-server", "sales/crm=127.0.0.1:1")
    async with serving(org, tmp_path / "data", *tenant) as server:
        await server.ready()
        log = await server.logged("no address of the tool server email of local, sales: its operations fail there; ")
    assert "give --tool-server email=… for all, or local/email=…, sales/email=…" in log
    assert log.count("no address of ") == 1


@pytest.mark.requirement("orchestrator.org-not-loosened")
def test_a_server_does_not_start_with_a_tenant_that_loosens_and_names_the_file(tmp_path: Path) -> None:
    org, sales = make_org(tmp_path), make_tenant(tmp_path)
    put(sales, "policies/org/mine.rego", "package policies.org.mine\n\nx := 1\n")
    serve = ("serve", "-w", org, "--data", tmp_path / "data", "--listen", "127.0.0.1:0")
    refused = assent(*serve, "--tenant", f"sales={sales}")
    assert refused.code == ExitCode.INVALID
    assert f"{sales}/policies/org/mine.rego:1: ORG_LOOSENED" in refused.err
    # The same as a bundle that was built elsewhere: the fault first, and that it will not succeed later.
    other = make_org(tmp_path / "elsewhere")
    replace(other, "policies/org/house.rego", "data.settings.house.closed", "false")
    branch = make_tenant(tmp_path, "branch")
    built = assent("bundle", "build", branch, "--under", other, "-o", tmp_path / "branch.tar.gz")
    assert built.code == 0, built.err
    refused = assent(*serve, "--tenant", f"branch={tmp_path / 'branch.tar.gz'}", "--allow-unsigned")
    assert refused.code == ExitCode.INVALID
    first, *_, theirs, ours = refused.err[refused.err.index("error: ") :].splitlines()
    assert first.startswith("error: the tenant branch: ORG_LOOSENED: policies/org/house.rego: ")
    assert theirs.startswith("  the bundle is sha256:")
    assert ours.startswith("  the organisation's is sha256:")
    nowhere = assent(*serve, "--tenant", f"sales={tmp_path / 'nowhere'}")
    assert (nowhere.code, "does not exist" in nowhere.err) == (ExitCode.NOT_FOUND, True)


def test_the_process_and_plans_of_a_tenants_folder_are_looked_at_under_its_organisation(tmp_path: Path) -> None:
    org, sales = make_org(tmp_path), make_tenant(tmp_path)
    put(tmp_path, "renewal.yaml", "process: contract_renewal\ninputs: {account: ACME, discount: 5}\n")
    commands = (
        ("process", "show", "contract_renewal", "--workspace", sales),
        ("process", "diff", "contract_renewal", sales, "--workspace", sales),
        ("plan", "check", tmp_path / "renewal.yaml", "--workspace", sales),
    )
    for command in commands:
        alone = assent(*command)
        assert alone.code == ExitCode.INVALID, command
        assert "email" in alone.err
        together = assent(*command, "--under", org)
        assert (together.code, together.err) == (0, ""), command
    lost = assent("process", "show", "contract_renewal", "--under", org)
    assert (lost.code, "name that, too" in lost.err) == (ExitCode.USAGE, True)
    nowhere = assent(*commands[0], "--under", sales)
    assert nowhere.code == ExitCode.INVALID
    assert str(sales) in nowhere.err


@pytest.mark.requirement("cli.doctor")
def test_the_doctor_looks_at_each_tenant_under_the_organisation(tmp_path: Path) -> None:
    org, sales, loose = make_org(tmp_path), make_tenant(tmp_path), make_tenant(tmp_path, "loose")
    put(loose, "policies/org/mine.rego", "package policies.org.mine\n\nx := 1\n")
    file = tmp_path / "branch.tar.gz"
    assert assent("bundle", "build", sales, "--under", org, "-o", file).code == 0
    places = {"sales": sales, "loose": loose, "branch": file, "far": "https://bundles.example.com/x"}
    tenants = [part for name, place in places.items() for part in ("--tenant", f"{name}={place}")]
    data = str(tmp_path / "data")
    said = assent("doctor", "--workspace", org, *tenants, "--json", ASSENT_DATA=data)
    found = {one["subject"]: one for one in said.json["findings"]}
    levels = {name: found[f"tenant {name}"]["level"] for name in places}
    assert levels == {"sales": "ok", "loose": "fail", "branch": "ok", "far": "warn"}
    assert f"{loose}/policies/org/mine.rego:1: ORG_LOOSENED" in found["tenant loose"]["text"]
    assert said.code == 1
    put(org, "data/house.yaml", "closed: true\n")
    said = assent("doctor", "--workspace", org, "--tenant", f"branch={file}", "--json", ASSENT_DATA=data)
    [branch] = [one for one in said.json["findings"] if one["subject"] == "tenant branch"]
    assert (branch["level"], "ORG_LOOSENED: data/house.yaml" in branch["text"]) == ("fail", True)
    lost = assent("doctor", *tenants, ASSENT_DATA=data, cwd=tmp_path)
    assert (lost.code, "name it with --workspace" in lost.err) == (ExitCode.USAGE, True)


def test_a_tool_server_is_to_offer_what_its_tenant_names_or_the_organisation_where_it_is_for_all() -> None:
    def declaring(*operations: str) -> Bundle:
        declared = {
            name: {"title": name, "effect": "read", "arguments": {"type": "object"}, "result": {"type": "object"}}
            for name in operations
        }
        shop = {"name": "shop", "title": "Shop", "owner": "olga", "tool_server": "shop", "operations": declared}
        return Bundle(b"", "sha256:1", Catalogue.from_json({"workspace": "x", "systems": {"shop": shop}}))

    bundles = {"": declaring("look"), "sales": declaring("look", "sell"), "legal": declaring("sue"), "far": None}
    assert wanted(bundles, "sales/shop") == {"shop.look", "shop.sell"}
    assert wanted(bundles, "shop") == {"shop.look"}, "no other system of a tenant's reaches it"
    assert wanted(bundles, "far/shop") == wanted(bundles, "nobody/shop") == set()
