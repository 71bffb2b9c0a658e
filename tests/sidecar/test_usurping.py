"""Who speaks for a control of the organisation's: its own policies, and nobody else's, however the name comes about."""

from pathlib import Path

import pytest

from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.bundle.controls import named_controls
from assent_sidecar.bundle.org import Allegiance
from assent_sidecar.decision import Reason
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.policy.cases import CaseQuestion
from assent_sidecar.policy.completion import complete
from assent_sidecar.sidecar import SidecarSettings, open_sidecar
from tests.sidecar.organisations import make_org, make_tenant
from tests.sidecar.workspace_copies import put

PUT_TOGETHER = """package policies.department.sales.claims

allow contains {"code": "FINE", "control": concat("-", ["ORG", "09"])} if input.kind == "action"
"""
USAGE = {"system": "crm", "operation": "read_usage", "args": {"account": "A-1"}}


@pytest.mark.requirement("orchestrator.org-not-loosened")
@pytest.mark.parametrize("claims", [False, True])
async def test_a_control_of_the_organisations_that_a_tenant_puts_together_is_no_decision(
    tmp_path: Path, claims: bool
) -> None:
    binary = find_binary({})
    house = await build_bundle(make_org(tmp_path), binary)
    root = make_tenant(tmp_path)
    if claims:
        put(root, "policies/department/sales/claims.rego", PUT_TOGETHER)
    bundle = await build_bundle(root, binary, under=house)
    org = Allegiance(lambda: house, binary)
    assert org.usurped(Reason(code="FINE")), "nothing is known of them yet"
    await org.require(bundle)
    settings = SidecarSettings(tmp_path / "state", {}, query_timeout=20, met=org.holds, usurped=org.usurped)
    question = {"kind": "action", "process": "contract_renewal", "agent": "seller", "action": USAGE}
    async with open_sidecar(settings, bundle) as sidecar:
        decided = await sidecar.evaluator.decide(
            complete(CaseQuestion.from_json(question), bundle.catalogue), budget=20
        )
    assert decided.fault is claims
    assert ("CONTROL_TAKEN" in decided.codes) is claims
    assert "ORG-09" not in decided.provenance.controls


@pytest.mark.requirement("orchestrator.org-not-loosened")
async def test_the_organisations_own_policies_speak_for_its_controls_in_a_tenants_bundle(tmp_path: Path) -> None:
    binary = find_binary({})
    house = await build_bundle(make_org(tmp_path), binary)
    org = Allegiance(lambda: house, binary)
    await org.require(await build_bundle(make_tenant(tmp_path), binary, under=house))
    for control in ("ORG-09", "org-09 ", "PRIV-02"):
        assert not org.usurped(Reason(code="X", control=control, scope="org/house"))
        for scope in ("department/sales/claims", "process/contract_renewal/grants", "org/home", None):
            assert org.usurped(Reason(code="X", control=control, scope=scope))
    for alike in (
        "ORG\u200b-09",
        "ORG\u00ad-09",
        "\ufeffORG-09",
        "ORG\u201009",
        "ORG\u221209",
        "\uff2f\uff32\uff27-09",
        "\u041eRG-09",
        "\u043erg-09",
        "\u039fR\u050c-09",
    ):
        assert org.usurped(Reason(code="X", control=alike, scope="department/sales/claims")), ascii(alike)
    for own in ("SALES-11", "\u0424RG-09", "\u0420\u0415\u0413\u041b\u0410\u041c\u0415\u041d\u0422-11", None):
        assert not org.usurped(Reason(code="X", control=own, scope="department/sales/claims"))


@pytest.mark.requirement("orchestrator.org-not-loosened")
def test_a_control_is_named_in_either_kind_of_string() -> None:
    text = 'deny contains {"code": "NO", "control": `ORG-09`} if true\nx := {"control": "ORG-10"}'
    assert named_controls(text) == {"ORG-09", "ORG-10"}
