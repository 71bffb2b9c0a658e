"""A server of Assent, as a program: it says where everything is and serves until its standard input is closed.

With ``--profile`` it writes at the end where its own time went, while it was asked.
"""

import asyncio
import cProfile
import os
import pstats
import sys

from assent_orchestrator.app.assembly import App
from assent_orchestrator.app.served import server_parts, settle
from assent_orchestrator.decisions.check import accept
from assent_orchestrator.decisions.request import DecisionRequest, Wish
from assent_orchestrator.server.listen import ListenSettings, listening
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry
from assent_sidecar.question import Question
from bench.apart import serve_until_left
from bench.parts import engine_pid, engine_socket, postmaster_pid
from bench.stage import CALLER, stage


def _question(app: App) -> Question:
    request = DecisionRequest(wishes=(Wish(id="a1", agent="bot", action="box.put", args={"text": "hello", "n": 1}),))
    catalogue = app.sidecar.bundle.catalogue
    actions = accept(request, catalogue, app.desk.gate.digests)
    return app.desk._question(CALLER, request, catalogue, CALLER.principal(""), actions)  # noqa: SLF001 - the very same


async def main() -> None:
    """Serve until left."""
    entry = new_entry("bench", ("submitter",))
    directory = TokenDirectory(TokenFile(callers=(entry,)))
    settings = ListenSettings(address="127.0.0.1:0")
    async with stage(1) as app, listening(server_parts(app, directory), settings) as server:
        settle()
        profile = cProfile.Profile()
        if "--profile" in sys.argv:
            profile.enable()
        await serve_until_left(
            {
                "address": str(server.address),
                "token": entry.token,
                "engine": engine_socket(app.sidecar),
                "database": app.database.url,
                "question": _question(app).to_json(),
                "pids": {
                    "server": os.getpid(),
                    "engine": engine_pid(),
                    "database": postmaster_pid(app),
                },
            }
        )
        if "--profile" in sys.argv:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
