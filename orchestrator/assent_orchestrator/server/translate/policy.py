"""How the policies are."""

from assent.v1 import policies_pb2 as wire
from assent_orchestrator.governance.activation import Activation
from assent_orchestrator.governance.policies import Policies
from assent_orchestrator.server.names import policies_name
from assent_orchestrator.server.translate.moment import microseconds, timestamp
from assent_sidecar.activation.report import RehearsalReport
from assent_sidecar.bundle.change import FeedStatus, Waiting

_MICROSECONDS = 1_000_000


def write_policies(policies: Policies, tenant: str) -> wire.PolicyStatus:
    """Return the policies as the callers of a tenant know them."""
    status = policies.status
    return wire.PolicyStatus(
        name=policies_name(tenant),
        active=_bundle(status),
        activation=_activation(policies.activation) if policies.activation is not None else None,
        origin=status.origin,
        age=microseconds(int(status.age * _MICROSECONDS)) if status.age is not None else None,
        problem=status.problem,
        waiting=_bundle(status.waiting) if status.waiting is not None else None,
        kept_revisions=policies.kept,
        automatic=policies.automatic,
        two_persons=policies.two_persons,
    )


def _bundle(of: FeedStatus | Waiting) -> wire.PolicyBundle:
    return wire.PolicyBundle(
        revision=of.revision,
        sequence=of.sequence,
        signed_by=of.signed_by or "",
        author=of.author or "",
        rehearsal=_rehearsal(of.report) if of.report is not None else None,
    )


def _activation(activation: Activation) -> wire.PolicyActivation:
    return wire.PolicyActivation(
        actor=activation.actor,
        cause=wire.ActivationCause.Value(f"ACTIVATION_CAUSE_{activation.cause.upper()}"),
        record_time=timestamp(activation.at),
        reason=activation.reason,
        rollback=activation.rollback,
        left_revision=activation.left or "",
        server=activation.server,
    )


def _rehearsal(report: RehearsalReport) -> wire.Rehearsal:
    return wire.Rehearsal(
        engine_version=report.engine_version,
        passed=report.passed_parts,
        carried=report.carried,
        against=report.against or "",
        compared=report.compared,
        differing=report.differing,
        differences=[
            wire.PolicyDifference(case=one.case, before=one.before, after=one.after) for one in report.differences
        ],
        duration=microseconds(int(report.seconds * _MICROSECONDS)),
    )
