"""What the gRPC server is given of an application."""

import gc

from assent_orchestrator.app.assembly import App
from assent_orchestrator.memory.custody import Custody
from assent_orchestrator.memory.recalling import Recalling
from assent_orchestrator.server.identities.served import OfServed
from assent_orchestrator.server.interceptors.identity import Identities
from assent_orchestrator.server.parts import ServerParts


def server_parts(app: App, identities: Identities) -> ServerParts:
    """Return the use cases that the server's handlers call."""
    return ServerParts(
        identities=OfServed(identities, app.realms.serves, lambda tenant: app.realms.catalogue(tenant).agents),
        submissions=app.submissions,
        simulations=app.simulations,
        runs=app.runs,
        cancellations=app.cancellations,
        pauses=app.pauses,
        reconciliations=app.reconciliations,
        inbox=app.inbox,
        following=app.following,
        reports=app.reports,
        work_items=app.work_items,
        delegations=app.delegations,
        stops=app.stops,
        policies=app.policies,
        records=app.records,
        desk=app.desk,
        permits=app.permits,
        books=app.books,
        processes=app.processes,
        agents=app.agents,
        proposals=app.proposals,
        amendments=app.amendments,
        effects=app.effects,
        keeper=app.keeper,
        recalling=Recalling(app.keeper),
        custody=Custody(app.keeper),
        memory_classes=app.memory_classes,
        shadows=app.shadows,
        health=app.health,
    )


def settle() -> None:
    """Tell the collector of garbage that what there is by now stays, and to look less often through what comes.

    Call it once, when everything is open and before the first caller comes: modules and schemas are most of what a
    server holds, and looking through them took a tenth of its time. Nearly all that a decision makes is gone with it;
    the collector is only for what refers to itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
