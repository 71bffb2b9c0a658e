"""Resource names (AIP-122): ``tenants/{tenant}/runs/{run}``. The tenant in a name must be the caller's own."""

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import NotFoundError


def own_tenant(parent: str, caller: Caller) -> None:
    """Pass when ``parent`` (``tenants/{tenant}``) is the caller's tenant.

    Raises:
        NotFoundError: it is another one, of which the caller may not know.
    """
    if parent != f"tenants/{caller.tenant}":
        raise NotFoundError("there is no such tenant", name=parent)


def run_id(name: str, caller: Caller) -> str:
    """Return the id of a run of the caller's tenant.

    Raises:
        NotFoundError: it is not a name of such a run.
    """
    return _id(name, "runs", "run", caller)


def step_id(name: str, caller: Caller) -> tuple[str, str]:
    """Return the id of a run of the caller's tenant, and that of one of its steps.

    Raises:
        NotFoundError: it is not a name of such a step.
    """
    run, found, step = name.partition("/steps/")
    if not found or not step:
        raise NotFoundError("there is no such step", name=name)
    return run_id(run, caller), step


def approval_id(name: str, caller: Caller) -> str:
    """Return the id of an approval of the caller's tenant.

    Raises:
        NotFoundError: it is not a name of such an approval.
    """
    return _id(name, "approvals", "approval", caller)


def ledger_id(name: str, caller: Caller) -> str:
    """Return the name of a ledger in the workspace, as the caller's tenant knows it.

    Raises:
        NotFoundError: it is not a name of such a ledger.
    """
    return _id(name, "ledgers", "ledger", caller)


def agent_id(name: str, caller: Caller) -> str:
    """Return the name of an agent in the workspace, as the caller's tenant knows it.

    Raises:
        NotFoundError: it is not a name of such an agent.
    """
    return _id(name, "agents", "agent", caller)


def process_id(name: str, caller: Caller) -> str:
    """Return the name of a process in the workspace, as the caller's tenant knows it.

    Raises:
        NotFoundError: it is not a name of such a process.
    """
    return _id(name, "processes", "process", caller)


def amendment_id(name: str, caller: Caller) -> str:
    """Return the id of an amendment of the caller's tenant.

    Raises:
        NotFoundError: it is not a name of such an amendment.
    """
    return _id(name, "amendments", "amendment", caller)


def hold_id(name: str, caller: Caller) -> str:
    """Return the id of a legal hold of the caller's tenant.

    Raises:
        NotFoundError: it is not a name of such a hold.
    """
    return _id(name, "holds", "hold", caller)


def stop_id(name: str, caller: Caller) -> str:
    """Return the id of a stop as the caller's tenant knows it.

    Raises:
        NotFoundError: it is not a name of such a stop.
    """
    return _id(name, "stops", "stop", caller)


def delegation_id(name: str, caller: Caller) -> str:
    """Return the id of a delegation of the caller's tenant.

    Raises:
        NotFoundError: it is not a name of such a delegation.
    """
    return _id(name, "delegations", "delegation", caller)


def permit_id(name: str, caller: Caller) -> str:
    """Return the id of a permit of the caller's tenant.

    Raises:
        NotFoundError: it is not a name of such a permit.
    """
    return _id(name, "permits", "permit", caller)


def shadow_id(name: str, caller: Caller) -> str:
    """Return the id of a shadow as the caller's tenant knows it; ``latest`` is one.

    Raises:
        NotFoundError: it is not a name of such a shadow.
    """
    return _id(name, "shadows", "shadow", caller)


def own_policies(name: str, caller: Caller) -> None:
    """Pass when ``name`` (``tenants/{tenant}/policyStatus``) is of the caller's tenant.

    Raises:
        NotFoundError: it is another one's, of which the caller may not know.
    """
    if name != policies_name(caller.tenant):
        raise NotFoundError("there is no such tenant", name=name)


def policies_name(tenant: str) -> str:
    """Return the name under which a tenant knows the policies."""
    return f"tenants/{tenant}/policyStatus"


def permit_name(tenant: str, permit: str) -> str:
    """Return the name of a permit."""
    return f"tenants/{tenant}/permits/{permit}"


def run_name(tenant: str, run: str) -> str:
    """Return the name of a run."""
    return f"tenants/{tenant}/runs/{run}"


def approval_name(tenant: str, approval: str) -> str:
    """Return the name of an approval."""
    return f"tenants/{tenant}/approvals/{approval}"


def ledger_name(tenant: str, ledger: str) -> str:
    """Return the name of a ledger; it has one in each tenant."""
    return f"tenants/{tenant}/ledgers/{ledger}"


def agent_name(tenant: str, agent: str) -> str:
    """Return the name of an agent; it has one in each tenant."""
    return f"tenants/{tenant}/agents/{agent}"


def process_name(tenant: str, process: str) -> str:
    """Return the name of a process; it has one in each tenant."""
    return f"tenants/{tenant}/processes/{process}"


def amendment_name(tenant: str, amendment: str) -> str:
    """Return the name of an amendment."""
    return f"tenants/{tenant}/amendments/{amendment}"


def memory_name(tenant: str, memory: str) -> str:
    """Return the name of a memory."""
    return f"tenants/{tenant}/memories/{memory}"


def memory_class_name(tenant: str, memory_class: str) -> str:
    """Return the name of a class of memory; it has one in each tenant."""
    return f"tenants/{tenant}/memoryClasses/{memory_class}"


def hold_name(tenant: str, hold: str) -> str:
    """Return the name of a legal hold."""
    return f"tenants/{tenant}/holds/{hold}"


def stop_name(tenant: str, stop: str) -> str:
    """Return the name of a stop; one for all tenants has a name in each."""
    return f"tenants/{tenant}/stops/{stop}"


def delegation_name(tenant: str, delegation: str) -> str:
    """Return the name of a delegation."""
    return f"tenants/{tenant}/delegations/{delegation}"


def shadow_name(tenant: str, shadow: str) -> str:
    """Return the name of a shadow; it has one in each tenant."""
    return f"tenants/{tenant}/shadows/{shadow}"


def record_name(tenant: str, seq: int) -> str:
    """Return the name of a record of the trail."""
    return f"tenants/{tenant}/auditRecords/{seq}"


def _id(name: str, collection: str, noun: str, caller: Caller) -> str:
    prefix = f"tenants/{caller.tenant}/{collection}/"
    found = name.removeprefix(prefix)
    if found == name or not found or "/" in found:
        raise NotFoundError(f"there is no such {noun}", name=name)
    return found
