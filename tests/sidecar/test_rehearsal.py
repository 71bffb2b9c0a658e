"""What a bundle must pass before it comes into force, on a real second engine."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from assent_sidecar.activation.rehearsal import Rehearsal
from assent_sidecar.activation.report import Failure, RehearsalReport
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.bundle.checks import CHECKS, Checks, read_checks, write_checks
from assent_sidecar.bundle.refusal import BundleMalformedError, BundleRehearsalError, BundleSignatureError
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.decision import Decided, Decision, Provenance, Reason, Verdict
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.policy.inspection import Inspection
from assent_sidecar.policy.report import Outcome
from assent_sidecar.sidecar import SidecarSettings, open_sidecar
from tests.sidecar.engines import question, until
from tests.sidecar.rehearsals import BAD, MAIN, archive, bundle
from tests.sidecar.signed import Signer, changed, ring
from tests.sidecar.workspace_copies import SALES


@pytest.fixture(scope="module")
def rehearse() -> Rehearsal:
    return Rehearsal(find_binary({}))


@pytest.mark.requirement("sidecar.activation-rehearsed")
async def test_a_sound_bundle_passes_and_it_is_said_what_it_passed(rehearse: Rehearsal) -> None:
    report = await rehearse(bundle())
    report.require_passed()
    assert report.passed_parts == {"workspace": 1, "metadata": 1, "tests": 1, "cases": 1}
    assert (report.engine_version, report.carried, report.against) == ("1.22.2", True, None)
    assert RehearsalReport.from_json(report.to_json()) == report


@pytest.mark.requirement("sidecar.activation-rehearsed")
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad["name"])
async def test_a_bad_bundle_is_refused_with_the_part_and_the_place(rehearse: Rehearsal, bad: dict[str, Any]) -> None:
    variation = {key: bad[key] for key in ("files", "tests", "want", "manifest") if key in bad}
    report = await rehearse(bundle(**variation), bundle(2) if bad.get("running") else None)
    with pytest.raises(BundleRehearsalError) as caught:
        report.require_passed()
    assert caught.value.code == "BUNDLE_REHEARSAL"
    said = [str(failure) for failure in report.failures]
    place = bad.get("place", "")
    assert any(line.startswith(place) and f"{bad['part']}: " in line and bad["says"] in line for line in said), said
    assert place in str(caught.value)


@pytest.mark.requirement("sidecar.activation-rehearsed")
async def test_a_bundle_without_tests_and_cases_is_rehearsed_without_and_this_is_said(rehearse: Rehearsal) -> None:
    report = await rehearse(bundle(carries=False))
    report.require_passed()
    assert not report.carried
    assert "carries neither tests nor cases" in report.summary


@pytest.mark.requirement("sidecar.activation-rehearsed")
async def test_a_rehearsal_that_does_not_end_is_ended_and_has_failed() -> None:
    endless = "some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a * b == -1"
    test = f"package policies.org.rules_test\n\ntest_endless if {{ {endless} }}\n"
    rehearse = Rehearsal(find_binary({}), longest=2.0)
    report = await rehearse(bundle(tests={"policies/org/rules_test.rego": test}))
    with pytest.raises(BundleRehearsalError, match="not over after 2 s"):
        report.require_passed()


class Late(Evaluator):
    """An evaluator whose engine never answers in time; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def decide(self, *_: Any, **__: Any) -> Decided:
        self.asked += 1
        reason = Reason(code="ENGINE_TIMEOUT", message="the policy engine did not answer in time")
        provenance = Provenance(
            decision_id="d", revision="", engine="opa", engine_version="1.22.2", input_digest="", duration_us=1
        )
        return Decided(decision=Decision(verdict=Verdict.DENY, reasons=(reason,)), provenance=provenance, fault=True)


@pytest.mark.requirement("sidecar.activation-rehearsed")
async def test_after_a_few_cases_that_are_not_decided_in_time_the_rest_is_not_tried(tmp_path: Path) -> None:
    [case] = (bundle().checks or Checks()).cases
    cases = [case.model_copy(update={"name": f"case {number}"}) for number in range(10)]
    inspection = Inspection({}, {}, cases, find_binary({}), tmp_path / "content", tmp_path / "capabilities.json")
    late = Late()
    checks = [check async for check in inspection.decided(late)]
    assert late.asked == 3
    assert [check.outcome for check in checks] == [Outcome.FAILED] * 4
    assert "not tried" in checks[-1].detail


@pytest.mark.requirement("sidecar.activation-differences")
async def test_answers_that_differ_are_told_and_are_no_failure(rehearse: Rehearsal) -> None:
    stricter = MAIN.replace('"verdict": "allow"', '"verdict": "deny"').replace("GRANTED", "NOT_ANY_MORE")
    new = bundle(files={"assent/main.rego": stricter}, want={"verdict": "deny"})
    report = await rehearse(new, bundle())
    report.require_passed()
    assert (report.against, report.compared, report.differing) == (bundle().revision, 1, 1)
    [one] = report.differences
    assert (one.case, one.before, one.after) == ("an action", "allow GRANTED", "deny NOT_ANY_MORE")
    assert (await rehearse(bundle(2), bundle(1))).differences == ()


@pytest.mark.requirement("sidecar.activation-rehearsed", "sidecar.bundle-carries-checks")
async def test_the_bundle_of_a_workspace_passes_by_what_travels_in_it(rehearse: Rehearsal, tmp_path: Path) -> None:
    signer = Signer(tmp_path)
    built = await build_bundle(SALES, rehearse.binary, author="ada")
    signed = Trust(ring(signer)).read(signer.sign(built.archive, 7))
    assert (signed.revision, signed.author, signed.sequence) == (built.revision, "ada", 7)
    report = await rehearse(signed)
    report.require_passed()
    assert report.passed_parts["tests"] == 4
    assert report.passed_parts["cases"] == 9


@pytest.mark.requirement("sidecar.bundle-carries-checks")
async def test_opa_takes_a_signed_bundle_with_checks_and_nobody_can_change_them(tmp_path: Path) -> None:
    signer = Signer(tmp_path)
    trust = Trust(ring(signer))
    signed = signer.sign(archive(), 1)
    settings = SidecarSettings(tmp_path / "state", {}, query_timeout=20, trust=trust, activation_timeout=60)
    async with open_sidecar(settings, trust.read(signed)) as sidecar:
        assert (await sidecar.evaluator.decide(question(), budget=20)).codes == ("GRANTED",)
    for content in (write_checks(Checks()), None):
        with pytest.raises(BundleSignatureError):
            trust.read(changed(signed, CHECKS, content))


@pytest.mark.requirement("sidecar.bundle-carries-checks")
@pytest.mark.parametrize(
    "path",
    [
        "../x_test.rego",
        "/policies/org/x_test.rego",
        "policies/org/x.rego",
        "assent/main_test.rego",
        "policies/x_test.rego",
    ],
)
def test_a_carried_test_is_written_nowhere_else(path: str) -> None:
    with pytest.raises(BundleMalformedError, match="no test of a policy"):
        read_checks(write_checks(Checks(tests={path: "package x"})))


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_rehearsal_that_is_ended_leaves_nothing_behind(
    rehearse: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    going_on = asyncio.create_task(rehearse(bundle()))
    await until(lambda: left_in(tmp_path))
    going_on.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going_on
    assert left_in(tmp_path) == []


@pytest.mark.requirement("sidecar.activation-rehearsed")
def test_a_failure_is_one_line_that_names_its_place_once():
    test = Failure(part="tests", name="p.test_x", file="p_test.rego", line=2, detail="p_test.rego:2:\np.test_x: FAIL")
    assert str(test) == "p_test.rego:2: tests: p.test_x"
    case = Failure(part="cases", name="a refund", file="cases/a.yaml", line=3, detail="verdict: wanted deny\nmore")
    assert str(case) == "cases/a.yaml:3: cases: a refund: verdict: wanted deny"
    note = Failure(part="metadata", name="no title", file="p.rego", line=1, detail="no title: add one")
    assert str(note) == "p.rego:1: metadata: no title: add one"
