import io
import json
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError, WorkspaceFault
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.decision import Decided
from assent_sidecar.opa.binary import Binary, find_binary
from assent_sidecar.policy.cases import CaseQuestion
from assent_sidecar.policy.completion import complete
from assent_sidecar.sidecar import Sidecar, SidecarSettings, open_sidecar
from tests.sidecar.workspace_copies import PROCESS, SALES, copy_of, put, replace

BASELINE = "policies/org/baseline.rego"
BRANCHES = "policies/process/contract_renewal/branches.rego"


@pytest.fixture(scope="module")
def binary() -> Binary:
    return find_binary({})


@pytest.fixture(scope="module")
async def sidecar(binary: Binary, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sidecar]:
    bundle = await build_bundle(SALES, binary)
    settings = SidecarSettings(tmp_path_factory.mktemp("state"), {}, query_timeout=20)
    async with open_sidecar(settings, bundle) as sidecar:
        yield sidecar


def content(bundle: Bundle) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(bundle.archive)) as archive:
        for member in archive.getmembers():
            stream = archive.extractfile(member)
            assert stream is not None
            files[member.name.lstrip("/")] = stream.read()
    return files


async def faults(root: Path, binary: Binary) -> tuple[WorkspaceFault, ...]:
    with pytest.raises(WorkspaceError) as caught:
        await build_bundle(root, binary)
    return caught.value.faults


async def decide(sidecar: Sidecar, question: dict[str, object]) -> Decided:
    asked = complete(CaseQuestion.from_json(question), sidecar.bundle.catalogue)
    return await sidecar.evaluator.decide(asked, budget=20)


@pytest.mark.requirement("sidecar.bundle-built", "sidecar.bundle-carries-checks")
async def test_a_bundle_holds_what_decides_and_its_checks_in_one_file_that_opa_leaves_alone(binary: Binary) -> None:
    bundle = await build_bundle(SALES, binary)
    files = content(bundle)
    assert not [name for name in files if name.endswith("_test.rego") or name.startswith(("cases", "tests"))]
    assert {"assent/main.rego", BASELINE, BRANCHES, "assent/conditions.rego", "data.json", ".manifest"} <= files.keys()
    manifest = json.loads(files[".manifest"])
    assert manifest["revision"] == bundle.revision
    assert manifest["roots"] == ["assent", "catalogue", "policies", "settings"]
    data = json.loads(files["data.json"])
    assert data["settings"]["limits"]["discount"]["free"] == 10
    assert set(data["catalogue"]) == {"systems", "agents", "processes", "ledgers", "memory"}
    assert data["catalogue"]["agents"]["seller"]["may"] == ["crm.write_offer", "email.send"]
    assert bundle.catalogue.workspace == "sales"


@pytest.mark.requirement("sidecar.bundle-revision")
async def test_the_same_content_is_the_same_bundle_wherever_it_lies(binary: Binary, root: Path) -> None:
    one, other = await build_bundle(SALES, binary), await build_bundle(root, binary)
    assert one == other
    assert one.revision.startswith("sha256:")


@pytest.mark.requirement("sidecar.bundle-revision")
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("assent.yaml", "A small sales department", "A department"),
        ("data/limits.yaml", "hard: 40", "hard: 41"),
        ("systems/email.yaml", "timeout: 10s", "timeout: 11s"),
        ("memory.yaml", "ttl: 24h", "ttl: 25h"),
        ("ledgers.yaml", '"5000.00"', '"4000.00"'),
        (BASELINE, '"reading is allowed"', '"reading is fine"'),
        (PROCESS, "may:\n  skip: [offer]", "may: {}"),
    ],
)
async def test_other_content_is_another_revision(binary: Binary, root: Path, file: str, old: str, new: str) -> None:
    before = await build_bundle(root, binary)
    replace(root, file, old, new)
    assert (await build_bundle(root, binary)).revision != before.revision


@pytest.mark.requirement("sidecar.bundle-carries-checks")
@pytest.mark.parametrize("changed", ["tests", "cases"])
async def test_tests_and_cases_are_part_of_the_revision(binary: Binary, root: Path, changed: str) -> None:
    before = await build_bundle(root, binary)
    if changed == "tests":
        put(root, "policies/org/more_test.rego", "package policies.org.more_test\n\ntest_x if true\n")
    else:
        replace(root, "cases/renewal.yaml", "looking at usage is allowed", "usage may be looked at")
    after = await build_bundle(root, binary)
    assert after.revision != before.revision
    there, here = content(before), content(after)
    assert {name for name in here if here[name] != there.get(name)} == {"checks.json", ".manifest"}
    assert Trust(allow_unsigned=True).read(after.archive).checks == after.checks


@pytest.mark.requirement("sidecar.activation-two-persons")
async def test_who_made_a_bundle_is_part_of_its_revision(binary: Binary, root: Path) -> None:
    nobody, ada, bob = [await build_bundle(root, binary, author=author) for author in (None, "ada", "bob")]
    assert len({nobody.revision, ada.revision, bob.revision}) == 3
    trust = Trust(allow_unsigned=True)
    assert [trust.read(one.archive).author for one in (nobody, ada, bob)] == [None, "ada", "bob"]


@pytest.mark.requirement("bad-input.workspace-policies")
@pytest.mark.parametrize(
    "edit",
    [
        (BASELINE, 'input.kind == "action"', 'input.kind = = "action"', "unexpected"),
        (BASELINE, 'input.kind == "action"', "kind == 1", "var kind is unsafe"),
        (BASELINE, 'input.kind == "action"', 'input.knd == "action"', "undefined ref: input.knd"),
        (BASELINE, 'input.kind == "action"', "input.kind == 1", "match error"),
        (BASELINE, 'input.kind == "action"', "x := 1", "assigned var x unused"),
        (BASELINE, 'input.kind == "action"', "is_fine(1)", "undefined function is_fine"),
        (BASELINE, "deny contains finding", "deny[finding]", "'deny' must be a set"),
        (BRANCHES, "at_risk if", "at_risk contains 1 if", "no policy in policies/process/contract_renewal has a rule"),
        (BRANCHES, "at_risk if", "at_danger if", "no policy in policies/process/contract_renewal has a rule 'at_risk'"),
        (
            BRANCHES,
            "at_risk if",
            "at_risk(_) if",
            "no policy in policies/process/contract_renewal has a rule 'at_risk'",
        ),
        (BRANCHES, "at_risk if", 'at_risk := "yes" if', "the rule 'at_risk' cannot be a condition"),
    ],
)
async def test_a_policy_that_cannot_be_used_is_told_with_file_and_line(
    binary: Binary, root: Path, edit: tuple[str, str, str, str]
) -> None:
    file, old, new, reason = edit
    line = replace(root, file, old, new)
    if "at_risk" in old:
        file, line = (
            PROCESS,
            (root / PROCESS).read_text()[: (root / PROCESS).read_text().index("when:")].count("\n") + 1,
        )
    found = [fault for fault in await faults(root, binary) if reason in fault.reason]
    assert [(fault.file, fault.line) for fault in found] == [(file, line)]


@pytest.mark.requirement("sidecar.policies-see-the-question-only")
@pytest.mark.parametrize(
    "call",
    [
        "time.now_ns() > 0",
        'http.send({"method": "get", "url": "http://127.0.0.1"}).status_code == 200',
        'count(net.lookup_ip_addr("localhost")) > 0',
        "opa.runtime().env.HOME",
        'rand.intn("x", 2) == 1',
        'uuid.rfc4122("x") != ""',
    ],
)
async def test_a_policy_cannot_look_outside(binary: Binary, root: Path, call: str) -> None:
    line = replace(root, BASELINE, 'input.kind == "action"', call)
    found = await faults(root, binary)
    assert [(fault.file, fault.line) for fault in found] == [(BASELINE, line)]
    assert "a decision follows from the question and the bundle alone" in found[0].reason


@pytest.mark.requirement("bad-input.workspace-policies")
@pytest.mark.parametrize(
    "rule", ["deny := true", "deny if true", 'deny := {"X"}', "default allow := false", 'halt.now contains "X"']
)
async def test_a_finding_that_is_no_set_is_refused_before_it_is_ever_asked(
    binary: Binary, root: Path, rule: str
) -> None:
    put(root, "policies/org/one.rego", f"package policies.org.one\n\n{rule}\n")
    found = await faults(root, binary)
    assert [(fault.file, fault.line) for fault in found] == [("policies/org/one.rego", 3)]
    assert "must be a set" in found[0].reason


@pytest.mark.requirement("bad-input.workspace-policies")
async def test_a_finding_in_a_helper_is_refused_as_nobody_would_hear_it(binary: Binary, root: Path) -> None:
    put(root, "policies/org/lib/one.rego", 'package policies.org.lib.one\n\ndeny contains {"code": "X"}\n')
    found = await faults(root, binary)
    assert [(fault.file, fault.line) for fault in found] == [("policies/org/lib/one.rego", 3)]
    assert "is heard only from files directly in policies/org" in found[0].reason


@pytest.mark.requirement("bad-input.workspace-policies")
@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x0c", "\x0b", "\x85", "\x1c"])
async def test_a_package_is_the_one_that_opa_reads(end: str, binary: Binary, root: Path) -> None:
    text = f"# hidden{end}package policies.process.contract_renewal.sly\npackage policies.org.baseline\n"
    put(root, "policies/process/contract_renewal/sly.rego", text)
    assert "policies/process/contract_renewal/sly.rego" in {fault.file for fault in await faults(root, binary)}


async def test_helpers_may_be_nested_and_used(binary: Binary, root: Path) -> None:
    put(root, "policies/org/lib/one.rego", "package policies.org.lib.one\n\nlarge(x) if x > 10\n")
    text = (
        'package policies.org.two\n\nimport data.policies.org.lib.one\n\ndeny contains {"code": "X"} if one.large(11)\n'
    )
    put(root, "policies/org/two.rego", text)
    assert "policies/org/lib/one.rego" in content(await build_bundle(root, binary))


@pytest.mark.requirement("bad-input.workspace-every-fault")
async def test_faults_of_yaml_and_rego_are_told_together(binary: Binary, root: Path) -> None:
    replace(root, "agents/analyst.yaml", "[seller]", "[sellers]")
    replace(root, BASELINE, 'input.kind == "action"', 'input.knd == "action"')
    replace(root, BRANCHES, "at_risk if", "at_danger if")
    assert {fault.file for fault in await faults(root, binary)} == {"agents/analyst.yaml", BASELINE, PROCESS}


async def test_a_policy_that_was_left_out_has_no_echo_in_others(binary: Binary, root: Path) -> None:
    put(root, "policies/org/lib/one.rego", "package policies.org.one\n\nlarge(x) if x > 10\n")
    text = "package policies.org.two\n\nimport data.policies.org.lib.one\n\nbig if one.large(11)\n"
    put(root, "policies/org/two.rego", text)
    assert {fault.file for fault in await faults(root, binary)} == {"policies/org/lib/one.rego"}


async def test_an_engine_that_cannot_be_started_is_no_fault_of_the_workspace(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be started"):
        await build_bundle(SALES, Binary(tmp_path / "opa", "1.22.2", "environment"))


async def test_an_engine_that_is_none_is_no_fault_of_the_workspace() -> None:
    with pytest.raises(CommandError):
        await build_bundle(SALES, Binary(Path("/bin/true"), "1.22.2", "environment"))


async def test_an_empty_department_denies_everything(binary: Binary, tmp_path: Path) -> None:
    root = copy_of(SALES, tmp_path)
    for file in (*root.glob("policies/**/*.rego"), *root.glob("cases/*.yaml")):
        file.unlink()
    replace(root, PROCESS, "    when: at_risk\n", "")
    async with open_sidecar(SidecarSettings(tmp_path / "state", {}), await build_bundle(root, binary)) as sidecar:
        decided = await decide(sidecar, {"process": "contract_renewal", "step": "usage"})
    assert (decided.verdict, decided.codes, decided.fault) == ("deny", ("NO_GRANT",), False)


@pytest.mark.requirement("sidecar.bundle-built")
async def test_a_real_engine_decides_by_the_bundle_and_names_it(sidecar: Sidecar) -> None:
    decided = await decide(sidecar, {"process": "contract_renewal", "step": "usage"})
    assert decided.verdict == "allow"
    assert decided.provenance.revision == sidecar.bundle.revision
    assert decided.provenance.controls == ("ORG-01",)
    assert [reason.scope for reason in decided.decision.reasons] == ["org/baseline"]


async def test_a_condition_reaches_only_what_its_process_names(sidecar: Sidecar) -> None:
    outputs = {"usage": {"score": 1}}
    for name, taken in (("at_risk", True), ("allow", False), ("nothing", False)):
        condition = {"name": name, "outputs": outputs}
        decided = await decide(sidecar, {"process": "contract_renewal", "condition": condition})
        assert (decided.fault, decided.decision.taken) == (False, taken), name


@pytest.mark.requirement("sidecar.library-one-query")
async def test_a_plan_of_two_hundred_steps_is_forecast_in_one_query(sidecar: Sidecar) -> None:
    steps = [
        {
            "id": f"offer-{n}",
            "agent": "seller",
            "action": {"system": "crm", "operation": "write_offer", "args": {"discount": n % 50}},
        }
        for n in range(200)
    ]
    decided = await decide(sidecar, {"process": "contract_renewal", "plan": {"steps": steps}})
    assert not decided.fault
    verdicts = {name: forecast.verdict.value for name, forecast in decided.decision.steps.items()}
    assert len(verdicts) == 200
    assert (verdicts["offer-10"], verdicts["offer-11"], verdicts["offer-41"]) == ("allow", "require_approval", "deny")
