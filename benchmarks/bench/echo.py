"""A bare grpc.aio server that answers with what it was sent: the least that a call can cost here.

As a program it says where it listens and serves until its standard input is closed.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

import grpc

from bench.apart import serve_until_left


class _Echo(grpc.GenericRpcHandler):
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        del handler_call_details
        return grpc.unary_unary_rpc_method_handler(_echo)


async def _echo(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    del context
    return request


def say(channel: grpc.aio.Channel) -> grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]:
    """Return the call of the echo server: bytes in, the same bytes out."""
    return channel.unary_unary("/echo/Echo")


@contextlib.asynccontextmanager
async def echo_server() -> AsyncIterator[str]:
    """Run the server; yields its address."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def main() -> None:
    """Serve until left."""
    async with echo_server() as address:
        await serve_until_left({"address": address, "pid": os.getpid()})


if __name__ == "__main__":
    asyncio.run(main())
