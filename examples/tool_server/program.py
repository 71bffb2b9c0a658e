"""A tool server as a program: it prints ``listening 127.0.0.1:PORT`` once it takes calls, and stops on SIGTERM.

Its data outlive it.
"""

import argparse
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import grpc

from assent.tool.v1 import tools_pb2_grpc
from tool_server.fault import Fault
from tool_server.permit import PermitCheck
from tool_server.service import Service
from tool_server.system import System

_THREADS = 8
_GRACE_SECONDS = 5.0
_ENDINGS = (signal.SIGTERM, signal.SIGINT)


def parser(name: str, title: str, *, mails: bool = True) -> argparse.ArgumentParser:
    """Return what every tool server of the examples can be told; ``name`` is its package. ``mails``: it sends some."""
    made = argparse.ArgumentParser(prog=f"{name}.server", description=title)
    made.add_argument("--folder", type=Path, required=True, help="where the SQLite files are")
    made.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    if mails:
        made.add_argument("--smtp", type=_address, required=True, metavar="HOST:PORT", help="where e-mail goes")
    made.add_argument(
        "--permit-key", type=Path, metavar="FILE", help="public Ed25519 JWK; without it nothing is checked"
    )
    made.add_argument(
        "--tenant",
        metavar="NAME",
        help="take permits of this tenant only: another one may have systems of the same names",
    )
    made.add_argument("--fault", type=Fault.parse, action="append", default=[], metavar="SYSTEM.OPERATION=KIND[:VALUE]")
    return made


def in_doubt(faults: Sequence[Fault]) -> Callable[[], None]:
    """Return what the mail gateway does when a message left and nothing is noted yet: nothing, or its fault."""
    return next((fault.after_handover for fault in faults if fault.action == "email.send"), lambda: None)


def serve(name: str, options: argparse.Namespace, systems: Callable[[], Sequence[System]]) -> int:
    """Serve the systems, opened in the folder of the options, until SIGTERM or SIGINT; return the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stopping = Event()
    # A handler runs in the main thread only, and one that waits for a lock does not always notice: so no thread takes
    # these signals (those that are started have the mask of the one that starts them), and this one asks for them.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    opened = systems()
    permits = PermitCheck(options.permit_key, options.folder, options.tenant) if options.permit_key else None
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=[("grpc.so_reuseport", 0)])
    service = Service(name, opened, permits=permits, faults=options.fault, stopping=stopping)
    tools_pb2_grpc.add_ToolServiceServicer_to_server(service, server)
    port = server.add_insecure_port(f"127.0.0.1:{options.port}")
    server.start()
    print(f"listening 127.0.0.1:{port}", flush=True)
    ending = signal.Signals(signal.sigwait(_ENDINGS))
    logging.getLogger(__name__).info("%s: stopping", ending.name)
    stopping.set()
    server.stop(_GRACE_SECONDS).wait()
    return 0


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError("an address is host:port")
    return host, int(port)
