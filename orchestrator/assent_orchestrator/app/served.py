"""What the gRPC server is given of an application."""

from assent_orchestrator.app.assembly import App
from assent_orchestrator.server.interceptors.identity import Identities
from assent_orchestrator.server.parts import ServerParts


def server_parts(app: App, identities: Identities) -> ServerParts:
    """Return the use cases that the server's handlers call."""
    return ServerParts(
        identities=identities,
        submissions=app.submissions,
        simulations=app.simulations,
        runs=app.runs,
        cancellations=app.cancellations,
        inbox=app.inbox,
        stops=app.stops,
        policies=app.activations,
        records=app.records,
        desk=app.desk,
        permits=app.permits,
        shadows=app.shadows,
        health=app.health,
    )
