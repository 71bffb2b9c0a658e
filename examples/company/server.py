"""The company's tool server: ``python -m company.server --folder DIR --port 0 --smtp 127.0.0.1:2525``.

It prints ``listening 127.0.0.1:PORT`` once it takes calls, and stops on SIGTERM. Its data outlive it.
"""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Event

if __package__ in {None, ""}:  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import grpc

from assent.tool.v1 import tools_pb2_grpc
from company.analytics import Analytics
from company.cpq import Cpq
from company.crm import Crm
from company.erp import Erp
from company.fault import Fault
from company.generator import CUSTOMERS, SEED, generate
from company.mail import Mail
from company.permit import PermitCheck
from company.service import Company
from company.support import Support
from company.system import System
from company.tasks import Tasks

_THREADS = 8
_GRACE_SECONDS = 5.0


def open_systems(folder: Path, smtp: tuple[str, int], today: date, faults: Sequence[Fault] = ()) -> tuple[System, ...]:
    """Open every system's file in ``folder``, and fill those that are new with the customers as of ``today``."""
    customers = tuple(generate(today, seed=SEED, count=CUSTOMERS))
    in_doubt = next((fault.after_handover for fault in faults if fault.action == "email.send"), lambda: None)
    return (
        Erp(folder, customers),
        Analytics(folder, customers),
        Support(folder, customers),
        Cpq(folder),
        Crm(folder, customers),
        Mail(folder, smtp, after_handover=in_doubt),
        Tasks(folder),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    systems = open_systems(options.folder, options.smtp, options.today, options.fault)
    permits = PermitCheck(options.permit_key, options.folder) if options.permit_key else None
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=[("grpc.so_reuseport", 0)])
    company = Company(systems, permits=permits, faults=options.fault, stopping=stopping)
    tools_pb2_grpc.add_ToolServiceServicer_to_server(company, server)
    port = server.add_insecure_port(f"127.0.0.1:{options.port}")
    server.start()
    print(f"listening 127.0.0.1:{port}", flush=True)
    stopping.wait()
    server.stop(_GRACE_SECONDS).wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="company.server", description="The demo company's systems.")
    parser.add_argument("--folder", type=Path, required=True, help="where the SQLite files are")
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--smtp", type=_address, required=True, metavar="HOST:PORT", help="where e-mail goes")
    parser.add_argument(
        "--permit-key", type=Path, metavar="FILE", help="public Ed25519 JWK; without it nothing is checked"
    )
    parser.add_argument(
        "--fault", type=Fault.parse, action="append", default=[], metavar="SYSTEM.OPERATION=KIND[:VALUE]"
    )
    # The office's calendar day; a test names a fixed one.
    parser.add_argument("--today", type=date.fromisoformat, default=date.today(), metavar="YYYY-MM-DD")  # noqa: DTZ011 - local on purpose
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError("an address is host:port")
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())
