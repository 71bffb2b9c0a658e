"""The workspace that is killed in: the example's, and what the scenarios need beside it (``additions/``)."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_ADDITIONS = Path(__file__).with_name("additions")
_LIKE_RENEWALS: Mapping[str, Sequence[str]] = {
    "announcement": ("grants.rego", "reliability.rego", "counting.rego"),
    "passing": ("grants.rego", "reliability.rego", "counting.rego"),
    "keeping": ("counting.rego",),
}
"""Processes with policies of the renewal's."""

_CHANGING = (
    *("cpq.create_proposal", "crm.update_renewal", "email.send", "tasks.create_task", "tasks.notify"),
    *("memory.remember", "memory.forget"),
)
_LEDGER = {
    "title": "What renewals change",
    "owner": "it-operations",
    "unit": "changes",
    "limit": "1000000.00",
    "actions": list(_CHANGING),
}
JOTTING_SECONDS = 1
"""How long the class is kept whose values are over soon; they are removed with the next sweep."""
_JOTTING = {
    "retention": "temporary",
    "purpose": "What is good for a moment",
    "owner": "head-of-renewals",
    "ttl": f"{JOTTING_SECONDS}s",
}


def make_workspace(example: Path, place: Path) -> Path:
    """Copy the example; when colleagues cannot be told of a renewal, what the CRM says of it is undone.

    Each change counts one on a ledger.
    """
    # Its cases say what is decided without these additions.
    shutil.copytree(example, place, ignore=shutil.ignore_patterns("cases"))
    shutil.copytree(_ADDITIONS, place, dirs_exist_ok=True)
    for process, names in _LIKE_RENEWALS.items():
        _as_for_renewals(place / "policies" / "process", process, names)
    _change(place / "ledgers.yaml", lambda ledgers: ledgers["ledgers"].update(changes=_LEDGER))
    _change(place / "memory.yaml", lambda memory: memory["classes"].update(jotting=_JOTTING))
    _change(place / "data" / "departments.yaml", lambda reached: reached["customer_success"].append("memory"))
    _change(place / "processes" / "contract_renewal.yaml", _undone)
    return place


def _undone(process: Any) -> None:
    steps = {step["id"]: step for step in process["steps"]}
    steps["notify"]["on_failure"] = "compensate"
    args = {"account": {"$ref": "inputs.account"}, "stage": "open", "amount": "0.00"}
    args |= {"risk": {"$ref": "steps.risk.output.level"}, "proposal_id": {"$ref": "steps.crm.output.proposal_id"}}
    steps["crm"]["compensation"] = {"action": "crm.update_renewal", "args": args}


def _as_for_renewals(policies: Path, process: str, names: Sequence[str]) -> None:
    """Have policies of the renewal hold for another process, too."""
    (policies / process).mkdir(exist_ok=True)
    for name in names:
        text = (policies / "contract_renewal" / name).read_text(encoding="utf-8")
        renamed = text.replace("process.contract_renewal.", f"process.{process}.")
        (policies / process / name).write_text(renamed, encoding="utf-8")


def _change(path: Path, change: Any) -> None:
    yaml = YAML()
    content = yaml.load(path.read_text(encoding="utf-8"))
    change(content)
    yaml.dump(content, path)
