"""A bare grpc.aio server that answers with what it was sent: the least that a call can cost here."""

import contextlib
from collections.abc import AsyncIterator

import grpc


class _Echo(grpc.GenericRpcHandler):
    def service(self, details):
        async def echo(request, context):
            return request

        return grpc.unary_unary_rpc_method_handler(echo)


@contextlib.asynccontextmanager
async def echo_server() -> AsyncIterator[str]:
    """Run the server; yields its address."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)
