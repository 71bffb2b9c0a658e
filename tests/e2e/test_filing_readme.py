"""What the page about the examples has a reader type for the clerk: it is typed, and letters are filed."""

import contextlib
import os
import re
import shlex
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.examples.programs import EXAMPLES
from tests.orchestrator.cli.program import SECONDS, clean_environ

pytestmark = pytest.mark.timeout(300)
PORTS = ("7433", "7501", "7502")
SAID = {
    "plan run": r"succeeded",
    "permits list": r"(?s)archive\.put .*clerk .*archive\.put .*clerk ",
    "agents show": r"called by clerk\.file in the step file of filing",
}
"""What is to be seen of the commands at the end."""


def blocks() -> list[str]:
    """Return what is to be typed: before the programs, the programs, and after them."""
    _, _, rest = (EXAMPLES / "README.md").read_text(encoding="utf-8").partition("<!-- clerk")
    found = re.findall(r"^```\n(.*?)^```$", rest, re.MULTILINE | re.DOTALL)
    assert len(found) == 3
    return found


def elsewhere(text: str, folder: Path) -> str:
    """Return it with a folder and ports of this test's own."""
    text = text.replace("/tmp/filing", str(folder))
    with contextlib.ExitStack() as held:
        for port in PORTS:
            taken = held.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            text = re.sub(rf"\b{port}\b", str(taken.getsockname()[1]), text)
    return text


@contextlib.contextmanager
def running(line: str, environ: Mapping[str, str]) -> Iterator[None]:
    """Have a program run that says on one line of its output that it is there."""
    with subprocess.Popen(
        shlex.split(line), env=environ, cwd=EXAMPLES.parent, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert re.match(r"serving on|listening", process.stdout.readline()), line
            yield
        finally:
            process.terminate()
            process.wait(SECONDS)


@pytest.mark.requirement("cli.agents")
def test_the_page_has_everything_that_it_takes_to_file_letters(tmp_path: Path) -> None:
    text = "\0".join(blocks())
    before, programs, after = elsewhere(text, tmp_path / "filing").split("\0")
    path = os.pathsep.join((sysconfig.get_path("scripts"), str(Path(sys.executable).parent), os.environ["PATH"]))
    typed = subprocess.run(
        ["bash", "-euc", f"{before}\nenv -0"],
        env=clean_environ(PATH=path),
        cwd=EXAMPLES.parent,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    environ = dict(one.split("=", 1) for one in typed.stdout.split("\0") if one)
    [listen] = re.findall(r"--listen (\S+)", programs)
    environ["ASSENT_SERVER"] = listen
    environ["PYTHONWARNINGS"] = "default"
    with contextlib.ExitStack() as stack:
        for line in programs.splitlines():
            stack.enter_context(running(line, environ))
        for line in after.splitlines():
            said = subprocess.run(
                shlex.split(line),
                env=environ,
                cwd=EXAMPLES.parent,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert said.returncode == 0, said.stderr
            assert re.search(SAID[" ".join(line.split()[1:3])], said.stdout), (line, said.stdout)
