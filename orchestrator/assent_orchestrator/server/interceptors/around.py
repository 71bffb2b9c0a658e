"""What all interceptors have in common: something before, something after, the same for every shape of call.

To gRPC they are one (``Layers``): of several, it would ask each for every call anew.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import grpc
from grpc import aio

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]
else:  # generic in its stubs only
    Handler = grpc.RpcMethodHandler

Context = aio.ServicerContext[Any, Any]
Behaviour = Callable[[Any, Context], Awaitable[Any]]
Proceed = Callable[[Any], Awaitable[Any]]
"""Goes on with the call, with this request."""

_SHAPES = {
    (False, False): "unary_unary",
    (False, True): "unary_stream",
    (True, False): "stream_unary",
    (True, True): "stream_stream",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``method`` is ``/package.Service/Method``; ``request`` is an iterator when requests are streamed."""

    method: str
    request: Any
    context: Context
    request_streaming: bool
    response_streaming: bool

    def headers(self, name: str) -> tuple[str, ...]:
        """Return every value the caller sent under a header's name (in lower case)."""
        sent = self.context.invocation_metadata() or ()
        return tuple(value for key, value in sent if key == name and isinstance(value, str))


class Layer(Protocol):
    """One concern of those that are around every call."""

    def serving(self, handler: Handler | None, method: str) -> Handler | None:
        """Return what serves a method, given what serves it further inside; None: nothing does."""
        ...


class Layers(aio.ServerInterceptor):
    """The one interceptor that gRPC knows. How a method is served is put together when it is called for the first time.

    What nobody serves is put together each time: callers can make up any number of names.
    """

    def __init__(self, *layers: Layer) -> None:
        """Name the layers from the outermost to the innermost: whatever one raises, those above it see."""
        self._layers = layers
        self._served: dict[str, Handler | None] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Return what serves the call, with every layer around it."""
        method = handler_call_details.method
        if method in self._served:
            return self._served[method]
        innermost = served = await continuation(handler_call_details)
        for layer in reversed(self._layers):
            served = layer.serving(served, method)
        if innermost is not None:
            self._served[method] = served
        return served


class Around(ABC):
    """A layer that works inside the call, so that what it raises meets the layers outside of it.

    Every response stream is written by ``Pace``, the innermost one: for the others a call is one coroutine, and what
    they opened is closed in the task that opened it, whoever hangs up.
    """

    @abstractmethod
    async def around(self, call: Call, proceed: Proceed) -> Any:
        """Serve the call: return what ``proceed`` returns."""

    def serving(self, handler: Handler | None, method: str) -> Handler | None:
        """Put ``around`` around the handler of the call."""
        return None if handler is None else wrap(handler, method, self.around)


def wrap(handler: Handler, method: str, around: Callable[[Call, Proceed], Awaitable[Any]]) -> Handler:
    """Return a handler with ``around`` around its behaviour, which is a coroutine function."""
    inner = behaviour_of(handler)
    if not inspect.iscoroutinefunction(inner):
        raise TypeError(f"{method} is not served by a coroutine; Pace must be the innermost layer")

    async def behaviour(request: Any, context: Context) -> Any:
        async def proceed(message: Any) -> Any:
            return await inner(message, context)

        call = Call(method, request, context, handler.request_streaming, handler.response_streaming)
        return await around(call, proceed)

    return with_behaviour(handler, behaviour)


def behaviour_of(handler: Handler) -> Callable[[Any, Context], Any]:
    """Return what serves the call."""
    found: Callable[[Any, Context], Any] = getattr(handler, _shape(handler))
    return found


def with_behaviour(handler: Handler, behaviour: Behaviour) -> Handler:
    """Return the handler with something else to serve the call."""
    return _made(_shape(handler), behaviour, handler.request_deserializer, handler)


def streamed(handler: Handler, behaviour: Behaviour) -> Handler:
    """Return a handler of a stream of requests, each as its bytes, that answers as this one does."""
    return _made(_SHAPES[True, handler.response_streaming], behaviour, None, handler)


def _shape(handler: Handler) -> str:
    return _SHAPES[handler.request_streaming, handler.response_streaming]


def _made(shape: str, behaviour: Behaviour, deserializer: Any, handler: Handler) -> Handler:
    made: Handler = getattr(grpc, f"{shape}_rpc_method_handler")(behaviour, deserializer, handler.response_serializer)
    return made
