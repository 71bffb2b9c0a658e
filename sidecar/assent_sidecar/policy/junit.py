"""Writes a policy report as JUnit XML, which every CI system shows."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from assent_sidecar.policy.report import Check, Outcome, PolicyReport

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (2.2) cannot hold."""


def write_junit(report: PolicyReport) -> bytes:
    """Return the report as JUnit XML: a test suite for each part, a test case for each check."""
    suites = ET.Element("testsuites", {"name": "assent policy check", **_counts(report.checks)})
    for part in report.parts:
        checks = tuple(check for check in report.checks if check.part is part)
        suite = ET.SubElement(suites, "testsuite", {"name": part.value, **_counts(checks)})
        if report.revision:
            properties = ET.SubElement(suite, "properties")
            ET.SubElement(properties, "property", name="revision", value=report.revision)
        for check in checks:
            suite.append(_case(check))
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written


def _case(check: Check) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=_clean(f"{check.part}.{check.file or 'workspace'}"),
        name=_clean(check.name),
        time=f"{check.seconds:.6f}",
    )
    if check.file:
        case.set("file", _clean(check.file))
        case.set("line", str(check.line))
    detail = _clean(check.detail)
    if check.outcome is Outcome.FAILED:
        failure = ET.SubElement(case, "failure", message=detail.partition("\n")[0] or "failed", type=check.part.value)
        failure.text = detail
    elif check.outcome is Outcome.SKIPPED:
        ET.SubElement(case, "skipped", message=detail)
    return case


def _counts(checks: Sequence[Check]) -> dict[str, str]:
    failed = sum(check.outcome is Outcome.FAILED for check in checks)
    skipped = sum(check.outcome is Outcome.SKIPPED for check in checks)
    seconds = sum(check.seconds for check in checks)
    return {
        "tests": str(len(checks)),
        "failures": str(failed),
        "errors": "0",
        "skipped": str(skipped),
        "time": f"{seconds:.6f}",
    }


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
