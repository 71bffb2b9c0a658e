"""An organisation's workspace and one of its tenants, made out of the fixture that is both in one."""

import shutil
from pathlib import Path

from tests.sidecar.workspace_copies import SALES, put

HOUSE = """# METADATA
# title: What the house says
package policies.org.house

# METADATA
# title: Nothing irreversible is done while the house is closed
# labels:
#   control: ORG-09
deny contains finding if {
	input.kind == "action"
	input.action.effect == "irreversible"
	data.settings.house.closed
	finding := {"code": "HOUSE_CLOSED", "message": "nothing irreversible is done now", "control": "ORG-09"}
}
"""


def make_org(folder: Path, *, closed: bool = False) -> Path:
    """Make the workspace of an organisation: rules for everybody, a system and a memory class that all share."""
    root = folder / "org"
    put(root, "assent.yaml", "name: house\ntitle: The whole house\n")
    put(root, "data/house.yaml", f"closed: {'true' if closed else 'false'}\n")
    put(root, "policies/org/house.rego", HOUSE)
    put(
        root,
        "memory.yaml",
        "classes:\n  proof:\n    retention: audit\n    purpose: what was done\n    owner: auditor\n    ttl: 365d\n",
    )
    for file in ("policies/org/baseline.rego", "policies/org/baseline_test.rego", "systems/email.yaml"):
        put(root, file, (SALES / file).read_bytes())
    return root


def make_tenant(folder: Path, name: str = "sales") -> Path:
    """Make the workspace of a department: all of the fixture that is not the organisation's."""
    root = Path(shutil.copytree(SALES, folder / name))
    shutil.rmtree(root / "policies" / "org")
    (root / "systems" / "email.yaml").unlink()
    return root
