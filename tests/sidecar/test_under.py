import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.org import content_of_bundle
from assent_sidecar.bundle.policies import package_of
from assent_sidecar.bundle.refusal import OrgLoosenedError, first_line
from assent_sidecar.bundle.under import Content, Offence, OrgFault, offences
from assent_sidecar.decision import Verdict
from assent_sidecar.opa.binary import Binary, find_binary
from assent_sidecar.policy.cases import CaseQuestion
from assent_sidecar.policy.completion import complete
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.fuzzing import FUZZ
from tests.sidecar.organisations import make_org, make_tenant
from tests.sidecar.workspace_copies import put

GREEDY = """package {package}

allow contains {{"code": "ANYTHING", "message": "anything goes", "control": "X-1"}} if input.kind == "action"
"""
OURS, THEIRS = ("audit", "mail", "limits", "proof"), ("sales", "crm", "notes", "spend")
NAMES = st.sampled_from(("x", "own", "org", "main", "a_1"))
TEXTS = st.sampled_from((b"", b"#", b"package x"))
JSON = st.sampled_from((None, True, 1, "1", [1], {"n": 1}))


def content(
    catalogue: Mapping[str, Any],
    settings_: Mapping[str, Any],
    policies: Mapping[str, bytes],
    tests: Mapping[str, str],
    conditions: str = "package assent\n",
) -> Content:
    """A bundle as it is compared; each Rego file is of the package of its place."""
    rego = {"assent/main.rego": b"package assent", "assent/conditions.rego": conditions.encode(), **policies}
    files = {
        **rego,
        ".manifest": json.dumps({"roots": ["assent"], "rego_version": 1, "revision": "r", "metadata": {}}).encode(),
        "data.json": json.dumps({"catalogue": catalogue, "settings": settings_}).encode(),
        "checks.json": json.dumps({"schema": "assent.checks/v1", "tests": tests, "cases": []}).encode(),
    }
    packages = {path: tuple(path.removesuffix(".rego").split("/")) for path in policies}
    return Content(files, packages | {"assent/main.rego": ("assent",), "assent/conditions.rego": ("assent",)})


@st.composite
def families(draw: st.DrawFn) -> tuple[Content, Content, dict[str, Any]]:
    """An organisation, a tenant that is under it, and what the organisation's part is made of."""
    kinds = ("systems", "agents", "processes", "ledgers")
    ours, theirs = st.sets(st.sampled_from(OURS), max_size=2), st.sets(st.sampled_from(THEIRS), max_size=2)
    valued = {kind: {name: {"title": draw(NAMES)} for name in draw(ours)} for kind in kinds}
    org: dict[str, dict[str, Any]] = {
        **valued,
        "memory": {"classes": {name: {"ttl": draw(NAMES)} for name in draw(ours)}},
    }
    for kind in ("agents", "processes"):
        for name, one in org[kind].items():
            one["department"] = f"{name}_hall"
    settings_ = {name: draw(JSON) for name in draw(ours)}
    policies = {f"policies/org/{name}.rego": draw(TEXTS) for name in draw(ours)}
    policies |= {f"policies/process/{name}/own.rego": b"" for name in org["processes"]}
    tests = {path.replace(".rego", "_test.rego"): draw(NAMES) for path in policies}
    added = {kind: {name: {"department": "theirs"} for name in draw(theirs)} for kind in kinds}
    whole: dict[str, dict[str, Any]] = {kind: {**org[kind], **added[kind]} for kind in kinds}
    whole["memory"] = {"classes": {**org["memory"]["classes"], **{name: {} for name in THEIRS}}}
    more = {f"policies/process/{name}/grants.rego": draw(TEXTS) for name in added["processes"]}
    more |= {"policies/department/theirs/rules.rego": draw(TEXTS)}
    lines = [
        f'conditions["{name}"]["risky"] if data.{package_of(("policies", "process", name, "grants", "risky"))} == true'
        for name in added["processes"]
    ]
    tenant = content(
        whole,
        {**settings_, **{name: draw(JSON) for name in THEIRS}},
        {**policies, **more},
        {**tests, "policies/department/theirs/rules_test.rego": ""},
        "\n\n".join(["package assent", *lines]) + "\n",
    )
    parts = {"catalogue": org, "settings": settings_, "policies": policies, "tests": tests}
    return content(org, settings_, policies, tests), tenant, parts


def changed(tenant: Content, file: str, change: Callable[[Any], None]) -> Content:
    """The tenant's bundle with something else in one of its JSON files."""
    value = json.loads(tenant.files[file])
    change(value)
    return replace(tenant, files={**tenant.files, file: json.dumps(value).encode()})


def added(tenant: Content, path: str, package: tuple[str, ...] | None = None) -> Content:
    """The tenant's bundle with one more Rego file."""
    read = package or tuple(path.removesuffix(".rego").split("/"))
    return Content({**tenant.files, path: b"#"}, {**tenant.packages, path: read})


@pytest.mark.requirement("orchestrator.org-not-loosened")
@given(families())
@FUZZ
def test_what_a_tenant_says_of_its_own_loosens_nothing(family: tuple[Content, Content, dict[str, Any]]) -> None:
    org, tenant, _ = family
    assert offences(org, tenant) == ()
    assert offences(org, org) == ()


@pytest.mark.requirement("orchestrator.org-not-loosened")
@given(families(), st.data())
@FUZZ
def test_nothing_of_the_organisation_can_be_left_out_or_said_in_another_way(
    family: tuple[Content, Content, dict[str, Any]], data: st.DataObject
) -> None:
    org, tenant, parts = family
    gone = data.draw(st.booleans())
    kinds = [
        (kind, name) for kind in ("systems", "agents", "processes", "ledgers") for name in parts["catalogue"][kind]
    ]
    kinds += [("memory", name) for name in parts["catalogue"]["memory"]["classes"]]
    places = [*kinds, *(("settings", name) for name in parts["settings"])]
    places += [("policies", path) for path in parts["policies"]] + [("tests", path) for path in parts["tests"]]
    place, name = data.draw(st.sampled_from([*places, ("policies", "assent/main.rego")]))
    if place == "policies":
        files = {path: text for path, text in tenant.files.items() if path != name}
        broken = replace(tenant, files=files if gone else {**files, name: tenant.files[name] + b" "})
    else:
        file = "checks.json" if place == "tests" else "data.json"

        def change(value: Any) -> None:
            within = value if place in {"settings", "tests"} else value["catalogue"]
            within = within[place]["classes"] if place == "memory" else within[place]
            if gone:
                del within[name]
            else:
                within[name] = "something else" if place == "tests" else {"was": within[name]}

        broken = changed(tenant, file, change)
    [fault] = offences(org, broken)
    assert fault.offence is (Offence.MISSING if gone else Offence.LOOSENED)
    assert name in fault.file or name in fault.reason


@pytest.mark.requirement("orchestrator.org-not-loosened")
@given(families(), NAMES)
@FUZZ
def test_a_file_of_the_tenant_is_in_a_scope_of_its_own_and_of_that_package(
    family: tuple[Content, Content, dict[str, Any]], name: str
) -> None:
    org, tenant, parts = family
    wrong = [
        f"policies/org/new_{name}.rego",
        f"policies/org/deeper/{name}.rego",
        f"policies/{name}.rego",
        f"policies/org_{name}/x/{name}.rego",
        f"assent/new_{name}.rego",
        f"{name}.rego",
        f"policies/department/{name}.rego",
        *(f"policies/process/{one}/new_{name}.rego" for one in parts["catalogue"]["processes"]),
        *(f"policies/department/{one}_hall/{name}.rego" for one in parts["catalogue"]["agents"]),
    ]
    for path in wrong:
        [fault] = offences(org, added(tenant, path))
        assert (fault.file, fault.offence) == (path, Offence.LOOSENED)
    fine = f"policies/department/theirs/new_{name}.rego"
    assert offences(org, added(tenant, fine)) == ()
    for package in (("assent",), ("policies", "org", name), ("policies", "department", "theirs")):
        [fault] = offences(org, added(tenant, fine, package))
        assert (fault.file, fault.offence) == (fine, Offence.LOOSENED)


LINES = (
    'conditions["x"]["r"] := true',
    'conditions["x"]["r"] if true',
    'conditions["x"]["r"] if data.policies.org.x.r == true',
    'conditions["x"]["r"] if data.policies.process.x.nowhere.r == true',
    'conditions["x"]["r"] if data.policies.process.y.own.r == true',
    'conditions["x"]["r"] if data.policies.process.x.own.other == true',
    'conditions["x"]["r"] if data.policies.process.x.own.r == true; decision := 1',
    'decision := {"verdict": "allow"}',
    "default decision := 1",
    "import data.policies.process.x",
)


@pytest.mark.requirement("orchestrator.org-not-loosened")
@pytest.mark.parametrize("line", LINES)
def test_the_generated_module_says_nothing_that_the_build_would_not_write(line: str) -> None:
    org = content({}, {}, {}, {})
    own = {"policies/process/x/own.rego": b"", "policies/process/y/own.rego": b""}
    fine = content({}, {}, own, {}, 'package assent\n\nconditions["x"]["r"] if data.policies.process.x.own.r == true\n')
    assert offences(org, fine) == ()
    [fault] = offences(org, content({}, {}, own, {}, f"package assent\n\n{line}\n"))
    assert (fault.file, fault.offence) == ("assent/conditions.rego", Offence.LOOSENED)


def test_conditions_of_the_organisations_processes_are_its_own() -> None:
    processes = {"processes": {"x": {"department": "hall"}}}
    own = {"policies/process/x/own.rego": b""}
    line = 'package assent\n\nconditions["x"]["r"] if data.policies.process.x.own.r == true\n'
    org = content(processes, {}, own, {}, line)
    assert offences(org, content(processes, {}, own, {}, line)) == ()
    [missing] = offences(org, content(processes, {}, own, {}))
    assert (missing.file, missing.offence) == ("assent/conditions.rego", Offence.MISSING)
    [more] = offences(org, content(processes, {}, own, {}, line.replace('["r"]', '["s"]') + line))
    assert more.offence is Offence.LOOSENED


@pytest.mark.requirement("orchestrator.org-not-loosened")
@pytest.mark.parametrize(
    ("file", "change"),
    [
        (".manifest", lambda it: it.update(rego_version=0)),
        (".manifest", lambda it: it.update(file_rego_versions={"/policies/org/x.rego": 0})),
        (".manifest", lambda it: it.update(roots=["", "assent"])),
        ("data.json", lambda it: it.update(policies={"org": {"x": {"deny": []}}})),
        ("data.json", lambda it: it.update(assent={"decision": {"verdict": "allow"}})),
        ("data.json", lambda it: it["catalogue"].update(more={})),
        ("data.json", lambda it: it["catalogue"].update(systems={"theirs": {}, "ours": {"n": True}})),
    ],
)
def test_data_and_manifest_reach_nothing_else(file: str, change: Callable[[Any], None]) -> None:
    org = content({"systems": {"ours": {"n": 1}}}, {}, {}, {})
    tenant = content({"systems": {"theirs": {}, "ours": {"n": 1}}}, {}, {}, {})
    assert offences(org, tenant) == ()
    [fault] = offences(org, changed(tenant, file, change))
    assert fault.offence is Offence.LOOSENED


def test_nobody_of_the_tenant_belongs_to_a_department_of_the_organisation() -> None:
    org = content({"agents": {"clerk": {"department": "audit"}}}, {}, {}, {})
    spy = content({"agents": {"clerk": {"department": "audit"}, "spy": {"department": "audit"}}}, {}, {}, {})
    reason = "the department 'audit' is the organisation's, and only its own belong to it"
    assert offences(org, spy) == (OrgFault("agents/spy.yaml", Offence.LOOSENED, reason),)


CLAIMS = (
    '# METADATA\n# labels:\n#   control: "ORG\\x2d09"\n{}\n\nallow contains {{"code": "FINE"}}\n',
    "# METADATA\n# labels: {{controls: [S-1, org-09]}}\n{}\n",
    '{}\n\nallow contains {{"code": "FINE", "control": "ORG-09"}}\n',
    '{}\n\nallow contains object.union({{"code": "FINE"}}, {{"control": `ORG-09`}})\n',
    '{}\n\nnamed := "\\u004fRG-01"\n',
    '{}\n\nallow contains {{"code": "FINE"}} if count(data.policies.org.house.deny) > 0 with input.kind as "action"\n',
    '{}\n\nothers := data.policies.org.house.deny\n\nallow contains {{"code": "FINE"}} if others with input as {{}}\n',
)


@pytest.mark.requirement("orchestrator.org-not-loosened")
@pytest.mark.parametrize("policy", CLAIMS)
async def test_no_policy_of_the_tenants_names_a_control_of_the_organisations_or_has_its_rules_do_so(
    policy: str, binary: Binary, house: Bundle, tmp_path: Path
) -> None:
    root = make_tenant(tmp_path)
    put(root, "policies/department/sales/claims.rego", policy.format("package policies.department.sales.claims"))
    assert await refused(root, binary, house) == ["policies/department/sales/claims.rego ORG_LOOSENED"]


@pytest.mark.requirement("orchestrator.org-not-loosened")
def test_no_system_of_the_tenants_is_at_a_tool_server_of_the_organisations_systems() -> None:
    ours, own = {"name": "email", "tool_server": "mail"}, {"name": "crm", "tool_server": "crm"}
    org = content({"systems": {"email": ours}}, {}, {}, {})
    assert offences(org, content({"systems": {"email": ours, "crm": own}}, {}, {}, {})) == ()
    lax = {"name": "post", "tool_server": "mail"}
    [fault] = offences(org, content({"systems": {"email": ours, "post": lax}}, {}, {}, {}))
    reason = "the tool server 'mail' is that of a system of the organisation's; name one of your own"
    assert fault == OrgFault("systems/post.yaml", Offence.LOOSENED, reason)


@pytest.fixture(scope="module")
def binary() -> Binary:
    return find_binary({})


@pytest.fixture(scope="module")
async def house(binary: Binary, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return await build_bundle(make_org(tmp_path_factory.mktemp("house"), closed=True), binary)


async def refused(root: Path, binary: Binary, house: Bundle) -> list[str]:
    with pytest.raises(WorkspaceError) as caught:
        await build_bundle(root, binary, under=house)
    return [f"{fault.file} {fault.reason.partition(':')[0]}" for fault in caught.value.faults]


@pytest.mark.requirement("orchestrator.org-composed")
async def test_a_tenants_bundle_is_the_organisations_and_its_own(binary: Binary, house: Bundle, tmp_path: Path) -> None:
    root = make_tenant(tmp_path)
    with pytest.raises(WorkspaceError, match="there is no system 'email'"):
        await build_bundle(root, binary)  # which only the organisation declares
    tenant = await build_bundle(root, binary, under=house)
    assert tenant.catalogue.workspace == "sales"
    assert {"crm", "email", "memory"} == tenant.catalogue.systems.keys()
    assert tenant.catalogue.data["house"] == {"closed": True}
    assert {"proof", "account_notes"} == tenant.catalogue.memory.classes.keys()
    assert tenant.checks is not None
    assert "policies/org/baseline_test.rego" in tenant.checks.tests
    assert offences(await content_of_bundle(house, binary), await content_of_bundle(tenant, binary)) == ()
    assert (await build_bundle(root, binary, under=house)).archive == tenant.archive


@pytest.fixture(scope="module")
async def decided(binary: Binary, house: Bundle, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sidecar]:
    """A tenant whose policies allow everything wherever they may say something."""
    folder = tmp_path_factory.mktemp("greedy")
    root = make_tenant(folder)
    for scope in ("department/sales", "process/contract_renewal"):
        package = package_of(("policies", *scope.split("/"), "greedy"))
        put(root, f"policies/{scope}/greedy.rego", GREEDY.format(package=package))
    bundle = await build_bundle(root, binary, under=house)
    async with open_sidecar(SidecarSettings(folder / "state", {}, query_timeout=20), bundle) as sidecar:
        yield sidecar


@pytest.mark.requirement("orchestrator.org-not-loosened")
async def test_what_the_organisation_denies_and_demands_stays_whatever_a_tenant_grants(decided: Sidecar) -> None:
    async def ask(agent: str, action: dict[str, Any]) -> tuple[Verdict, set[str | None]]:
        question = {"kind": "action", "process": "contract_renewal", "agent": agent, "action": action}
        asked = complete(CaseQuestion.from_json(question), decided.bundle.catalogue)
        answer = await decided.evaluator.decide(asked, budget=20)
        assert not answer.fault
        wanted = {one.scope for one in answer.decision.reasons if one.code in {"HOUSE_CLOSED", "ANYTHING"}}
        return answer.verdict, wanted

    letter = {"system": "email", "operation": "send", "args": {"to": "a@example.com", "body": "x"}}
    everywhere = {"department/sales/greedy", "process/contract_renewal/greedy"}
    assert await ask("seller", letter) == (Verdict.DENY, {"org/house", *everywhere})
    usage = {"system": "crm", "operation": "read_usage", "args": {"account": "A-1"}}
    assert await ask("analyst", usage) == (Verdict.ALLOW, everywhere)


BAD: dict[str, tuple[dict[str, str], str]] = {
    "a policy of its own below org": (
        {"policies/org/mild.rego": GREEDY.format(package="policies.org.mild")},
        "policies/org/mild.rego ORG_LOOSENED",
    ),
    "another text of the organisation's policy": (
        {"policies/org/house.rego": "# METADATA\n# title: Nothing\npackage policies.org.house\n"},
        "policies/org/house.rego ORG_LOOSENED",
    ),
    "other numbers": ({"data/house.yaml": "closed: false\n"}, "data/house.yaml ORG_LOOSENED"),
    "another class of the same name": (
        {"memory.yaml": "classes:\n  proof:\n    retention: temporary\n    purpose: x\n    owner: me\n    ttl: 1h\n"},
        "memory.yaml ORG_LOOSENED",
    ),
    "another package behind a line end that only some readers see": (
        {
            "policies/process/contract_renewal/sly.rego": "# x\u2028package policies.process.contract_renewal.sly\n"
            + GREEDY.format(package="policies.org.sly")
        },
        "policies/process/contract_renewal/sly.rego ORG_LOOSENED",
    ),
}


@pytest.mark.requirement("orchestrator.org-not-loosened")
@pytest.mark.parametrize("what", BAD)
async def test_a_workspace_that_would_loosen_is_not_built(
    what: str, binary: Binary, house: Bundle, tmp_path: Path
) -> None:
    files, expected = BAD[what]
    root = make_tenant(tmp_path)
    for file, text in files.items():
        put(root, file, text)
    assert expected in await refused(root, binary, house)


@pytest.mark.requirement("orchestrator.org-composed")
async def test_a_copy_of_what_the_organisation_has_is_the_organisations(
    binary: Binary, house: Bundle, tmp_path: Path
) -> None:
    org, root = make_org(tmp_path, closed=True), make_tenant(tmp_path)
    before = await build_bundle(root, binary, under=house)
    for file in ("policies/org/house.rego", "systems/email.yaml", "data/house.yaml", "policies/org/baseline_test.rego"):
        put(root, file, (org / file).read_bytes())
    assert (await build_bundle(root, binary, under=house)).revision == before.revision


@pytest.mark.requirement("orchestrator.org-composed")
async def test_what_was_built_under_another_bundle_of_the_organisation_is_not_under_this_one(
    binary: Binary, house: Bundle, tmp_path: Path
) -> None:
    open_house = await build_bundle(make_org(tmp_path, closed=False), binary)
    tenant = await build_bundle(make_tenant(tmp_path), binary, under=open_house)
    [fault] = offences(await content_of_bundle(house, binary), await content_of_bundle(tenant, binary))
    assert (fault.file, fault.offence) == ("data/house.yaml", Offence.LOOSENED)


@pytest.mark.requirement("orchestrator.org-not-loosened")
@pytest.mark.parametrize("message", ["ORG_LOOSENED: data.json: no", "data.json: no"])
def test_in_one_line_a_refusal_names_its_code_once(message: str) -> None:
    assert first_line(OrgLoosenedError(message)) == "ORG_LOOSENED: data.json: no"
