from typing import Any

import grpc

from assent_orchestrator.server.interceptors.around import Handler, Layers


class Counted:
    """A layer that counts what it is put around."""

    def __init__(self) -> None:
        self.put_around: list[str] = []

    def serving(self, handler: Handler | None, method: str) -> Handler | None:
        self.put_around.append(method)
        return handler or grpc.unary_unary_rpc_method_handler(_nothing)


class Details(grpc.HandlerCallDetails):
    """What gRPC says of a call before it is served."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.invocation_metadata = ()


async def _nothing(_request: Any, _context: Any) -> Any:
    return None


async def test_what_serves_a_method_is_put_together_once_and_what_nobody_serves_is_not_kept() -> None:
    outer, inner = Counted(), Counted()
    layers = Layers(outer, inner)
    known: Handler = grpc.unary_unary_rpc_method_handler(_nothing)

    async def found(details: grpc.HandlerCallDetails) -> Handler | None:
        return known if details.method == "/s/Known" else None

    first, second = [await layers.intercept_service(found, Details("/s/Known")) for _ in range(2)]
    assert first is second is known
    for number in range(3):
        assert await layers.intercept_service(found, Details(f"/s/Unknown{number % 2}")) is not None
    names = ["/s/Known", "/s/Unknown0", "/s/Unknown1", "/s/Unknown0"]
    assert outer.put_around == inner.put_around == names
