"""One live server for each executor name: two of them would each carry on with the other's runs."""

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.problem import Problem

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@contextlib.contextmanager
def executor_lock(data: Path, executor: str) -> Iterator[None]:
    """Hold the file ``server-<executor>.lock`` in the data folder; the system lets go of it however we end.

    Raises:
        Problem: another server holds it, or the name cannot be one.
    """
    if not _NAME.fullmatch(executor):
        raise Problem(f"{executor!r} is not an executor name; use a-z, 0-9, _ and -", ExitCode.USAGE)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data / f"server-{executor}.lock"
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Problem(
                f"a server with the executor name {executor!r} runs on {data} already{_holder(file.read(256))}; "
                "stop it, or give this one a name of its own with --executor",
                ExitCode.CONFLICT,
                code="EXECUTOR_IN_USE",
            ) from error
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid()}))
        file.flush()
        yield


def _holder(content: str) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return f" (process {int(json.loads(content)['pid'])})"
    return ""
