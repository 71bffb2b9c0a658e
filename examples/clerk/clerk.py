"""The clerk: files letters, and asks for leave before it puts each of them away."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from clerk.desk import Desk, Leave, RefusedError
from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Database
from tool_server.errors import CallError
from tool_server.system import Operation, Result, write_once

_SECONDS = 10.0


class Clerk:
    """A service that acts as the agent ``clerk``. It does nothing to the archive but what it has leave for."""

    name = "clerk"

    def __init__(self, folder: Path, desk: Desk, archive: str) -> None:
        self.database = Database(folder / "clerk.sqlite3", ledger.SCHEMA, lambda _tx: None)
        self._desk = desk
        self._archive: Any = tools_pb2_grpc.ToolServiceStub(grpc.insecure_channel(archive))

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the clerk does."""
        return {"file": Operation("File letters", "write", self._file)}

    def _file(self, args: Arguments, key: str) -> Result:
        with self.database.read() as tx:
            earlier = ledger.replay(tx, key, "file", args.values)
        if earlier is not None:
            return earlier
        filed: list[str] = []
        refused: list[dict[str, str]] = []
        for place, letter in enumerate(args.each("letters")):
            try:
                filed.append(self._put(f"letter-{place}", letter, args.permit))
            except RefusedError as error:
                refused.append({"title": letter.text("title"), "code": error.code})
        # Noted at the end only: a call that was cut off was not done, and made again does what is missing.
        return write_once(self.database, "file", args, key, lambda _tx: {"filed": filed, "refused": refused})

    def _put(self, item: str, letter: Arguments, permit: str) -> str:
        leave = self._desk.ask(item, "archive.put", letter.values, agent=self.name, under=permit)
        try:
            response = self._archive.Invoke(_invoke(leave), timeout=_SECONDS)
        except grpc.RpcError as error:
            self._desk.report(leave, "UNKNOWN", "ARCHIVE_AWAY")
            raise CallError("ARCHIVE_AWAY", "the archive does not answer", retryable=True, effect="unknown") from error
        if not response.HasField("result"):
            known = response.failure.effect == tools_pb2.FAILURE_EFFECT_NONE
            self._desk.report(leave, "FAILED" if known else "UNKNOWN", response.failure.code)
            raise CallError(response.failure.code, "the archive failed", retryable=True, effect="unknown")
        self._desk.report(leave, "SUCCEEDED")
        return str(json_format.MessageToDict(response.result)["number"])


def _invoke(leave: Leave) -> tools_pb2.InvokeRequest:
    """Return the call of the archive that there is leave for: these arguments, with this permit, and nothing else."""
    permit = leave.permit
    request = tools_pb2.InvokeRequest(
        system="archive",
        operation="put",
        args=permit.args,
        idempotency_key=permit.idempotency_key,
        permit=permit.token,
        action_digest=permit.action_digest,
    )
    for pointer, labels in permit.labels.items():
        request.labels[pointer].labels.extend(labels.labels)
    return request
