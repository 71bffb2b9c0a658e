"""Every method of every service that is offered, as the descriptors of the wire have it."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import aio

import assent.v1

SECONDS = 60.0


@dataclass(frozen=True)
class Method:
    """One method, callable with a request in JSON."""

    descriptor: MethodDescriptor

    @property
    def name(self) -> str:
        return f"{self.descriptor.containing_service.name}/{self.descriptor.name}"

    @property
    def streams(self) -> bool:
        return bool(self.descriptor.server_streaming)

    def start(self, channel: aio.Channel, request: dict[str, Any], metadata: Any, seconds: float = SECONDS) -> Any:
        path = f"/{self.descriptor.containing_service.full_name}/{self.descriptor.name}"
        answers = GetMessageClass(self.descriptor.output_type)
        make: Any = channel.unary_stream if self.streams else channel.unary_unary
        started = make(
            path, request_serializer=lambda one: one.SerializeToString(), response_deserializer=answers.FromString
        )
        message = json_format.ParseDict(request, GetMessageClass(self.descriptor.input_type)())
        return started(message, metadata=metadata, timeout=seconds)


def _methods() -> Iterator[Method]:
    for module in pkgutil.iter_modules(assent.v1.__path__):
        if module.name.endswith("_pb2"):
            found = importlib.import_module(f"assent.v1.{module.name}").DESCRIPTOR.services_by_name.values()
            yield from (Method(one) for service in found for one in service.methods)


METHODS = {method.name: method for method in _methods()}


async def call(channel: aio.Channel, rpc: str, request: dict[str, Any], metadata: Any) -> Message:
    """Call a method; of a stream, return the first answer that is no sign of life."""
    method = METHODS[rpc]
    started = method.start(channel, request, metadata)
    if not method.streams:
        answer: Message = await started
        return answer
    async for message in started:
        if not message.heartbeat:
            started.cancel()
            return message  # type: ignore[no-any-return] # one of the method's answers
    raise grpc.RpcError("the stream ended without an answer")
