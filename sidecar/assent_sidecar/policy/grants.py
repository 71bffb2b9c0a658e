"""Whether the policies of a bundle can ever let anything be done, and whether its cases show it. Pure."""

import re
from collections.abc import Iterable, Mapping

from assent_sidecar.bundle.checks import CarriedCase
from assent_sidecar.bundle.tree import POLICIES
from assent_sidecar.decision import Verdict

_GRANT = re.compile(r"^[ \t]*allow[ \t]+contains\b", re.MULTILINE)
"""A rule that grants: without any, nothing is ever allowed, nor put before people."""

_LETS = frozenset({Verdict.ALLOW, Verdict.REQUIRE_APPROVAL})


def granting(files: Mapping[str, bytes], cases: Iterable[CarriedCase]) -> tuple[str, ...]:
    """Return what makes one doubt that anything can be done under these policies: nothing, or one line."""
    policies = (text for path, text in files.items() if path.startswith(f"{POLICIES}/") and path.endswith(".rego"))
    if not any(_GRANT.search(text.decode(errors="replace")) for text in policies):
        return ("no policy grants anything: without a rule `allow contains`, everything is denied, NO_GRANT",)
    if not any(case.want.verdict in _LETS for case in cases):
        return ("no case wants an allow or an approval: nothing shows that anything can be done",)
    return ()
