"""What a server remembers: used as the policies of the law firm let it, held, forgotten, and readable in no file."""

import base64
import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.orchestrator.cli.program import SECONDS, Said, Server, assent, serving

LEGAL = Path(__file__).parents[2] / "examples/legal_review"
SUBJECT = "client/Nordhaven-GmbH-9931"
STYLE = "short-sentences-and-no-latin-7731"
MAIL = "petra.q-8842@nordhaven.example"
PURPOSE = "How a client wants its notes"
ABOUT = ("--class", "client_preferences", "--purpose", PURPOSE, "--subject", SUBJECT)
CALLERS: list[dict[str, Any]] = [
    {"id": "lena.brandt", "roles": ["submitter", "lawyer"]},
    {"id": "noah.frey", "roles": ["submitter", "paralegal"]},
    {"id": "carmen.diaz", "roles": ["compliance_officer", "auditor"]},
    {"id": "drafting-service", "agent": "drafting", "roles": []},
    {"id": "compliance-service", "agent": "compliance", "roles": []},
]


class Firm:
    """Commands of the firm's people and agents against the server that runs now."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.tokens = data / "tokens.json"
        data.mkdir(mode=0o700)
        self.tokens.touch(mode=0o600)
        entries = [{**caller, "token": f"{caller['id']}-{'x' * 43}"} for caller in CALLERS]
        self.tokens.write_text(json.dumps({"callers": entries}), encoding="utf-8")
        self.address = ""

    async def meet(self, server: Server) -> None:
        await server.ready()
        self.address = server.address

    def say(self, who: str, *arguments: str, stdin: str = "") -> Said:
        return assent(*arguments, "--as", who, stdin=stdin, ASSENT_SERVER=self.address, ASSENT_DATA=str(self.data))

    def remember(self, value: Any, *more: str, who: str = "lena.brandt") -> Said:
        return self.say(who, "memory", "remember", "-", *ABOUT, *more, stdin=json.dumps(value))

    def recall(self, who: str = "lena.brandt", *more: str) -> Any:
        said = self.say(who, "memory", "recall", *ABOUT, "--json", *more)
        assert said.code in (0, 1), said.err
        return said.json

    def values(self) -> list[Any]:
        return [one["value"] for one in self.recall().get("memories", [])]

    def events(self) -> list[dict[str, Any]]:
        said = self.say("carmen.diaz", "audit", "list", "--json", "--limit", "500")
        assert said.code == 0, said.err
        return [json.loads(base64.b64decode(one["canonical_json"])) for one in said.json["audit_records"]]


@pytest.mark.requirement(
    "orchestrator.memory-decided", "orchestrator.memory-hold", "orchestrator.memory-forget", "orchestrator.memory-badly"
)
@pytest.mark.timeout(300)
async def test_the_firm_remembers_what_a_client_wants_and_forgets_the_client(tmp_path: Path) -> None:
    firm = Firm(tmp_path / "data")
    async with serving(LEGAL, firm.data) as server:
        await firm.meet(server)
        said = firm.remember({"style": STYLE, "told_by": MAIL}, "--label", "/told_by=pii")
        assert said.code == 0, said.err
        assert said.out.startswith("remembered ")
        # Whoever drafts is told what is wanted, and not by whom.
        found = firm.recall("drafting-service")
        [one] = found["memories"]
        assert (one["value"], found.get("withheld_count", 0)) == ({"style": STYLE}, 0)
        assert firm.values() == [{"style": STYLE, "told_by": MAIL}]
        # Others are not told that there is anything.
        for who in ("noah.frey", "compliance-service"):
            said = firm.say(who, "memory", "recall", *ABOUT)
            assert said.code != 0
            assert STYLE not in said.out + said.err
        for missing, code in ((2, "NO_PURPOSE"), (0, "NO_CLASS"), (4, "NO_SUBJECT")):
            blank = [*ABOUT]
            blank[missing + 1] = ""
            said = firm.say("lena.brandt", "memory", "recall", *blank, "--json")
            assert (said.code, json.loads(said.err)["error"]["code"]) == (3, code)

        held = firm.say("carmen.diaz", "memory", "hold", "--subject", SUBJECT, "-m", "case 7", "--json")
        assert held.code == 0, held.err
        forget = ("memory", "forget", "--subject", SUBJECT, "-m", "request 12", "--json")
        refused = json.loads(firm.say("carmen.diaz", *forget).err)["error"]
        assert refused["code"] == "HELD"
        assert f"assent memory lift {held.json['hold']['name'].rpartition('/')[2]} " in refused["message"]
        assert "case 7" in firm.say("carmen.diaz", "memory", "holds").out
        lifted = firm.say("carmen.diaz", "memory", "lift", held.json["hold"]["name"], "-m", "settled")
        assert lifted.code == 0, lifted.err
        assert firm.say("lena.brandt", *forget).code == 1  # a lawyer is not granted it
        receipt = firm.say("carmen.diaz", *forget).json["receipt"]
        assert receipt["forgotten"] == [{"memory_class": "client_preferences", "count": 1}]
        assert (receipt["key_destroyed"], receipt["audit_classes"]) == (True, ["decisions"])
        assert firm.values() == []

        [record] = [one for one in firm.events() if one["event"] == "memory.forgotten"]
        assert (str(record["seq"]), record["detail"]["receipt"]) == (str(receipt["record_seq"]), receipt["id"])
        assert record["detail"]["subject"] == receipt["subject_digest"]
        assert firm.say("carmen.diaz", "audit", "verify").code == 0
        for word in (STYLE, MAIL, SUBJECT):
            assert word not in json.dumps(firm.events())


@pytest.mark.requirement("orchestrator.memory-encrypted")
@pytest.mark.timeout(300)
async def test_neither_a_value_nor_its_subject_is_in_any_file_and_a_crash_loses_nothing(tmp_path: Path) -> None:
    firm = Firm(tmp_path / "data")
    async with serving(LEGAL, firm.data) as server:
        await firm.meet(server)
        assert firm.remember({"style": STYLE}, "--request-id", "once").code == 0
        server.send(signal.SIGKILL)
        await server.ended()
        assert list(_files_with(firm.data, STYLE, SUBJECT)) == []  # the log of the database has it all by now
    async with serving(LEGAL, firm.data) as server:
        await firm.meet(server)
        assert firm.remember({"style": STYLE}, "--request-id", "once").code == 0
        assert firm.values() == [{"style": STYLE}]
        assert firm.recall("drafting-service")["memories"]
        assert firm.say("carmen.diaz", "memory", "list").out.count("client_preferences") == 1
    assert list(_files_with(firm.data, STYLE, SUBJECT)) == []
    assert list(_files_with(firm.data, "client_preferences")), "what is stored in the clear is found by this search"


@pytest.mark.requirement("orchestrator.memory-key-wrong")
@pytest.mark.timeout(300)
async def test_a_server_with_another_master_key_is_refused_every_use_of_what_is_there(tmp_path: Path) -> None:
    firm = Firm(tmp_path / "data")
    async with serving(LEGAL, firm.data) as server:
        await firm.meet(server)
        assert firm.remember({"style": STYLE}).code == 0
    async with serving(LEGAL, firm.data, "--memory-key", str(tmp_path / "none")) as server:
        assert await server.ended() == 5
        assert f"{tmp_path / 'none'} is not there" in server.log
    other = tmp_path / "other"
    other.touch(mode=0o600)
    other.write_bytes(base64.b64encode(bytes(32)))
    async with serving(LEGAL, firm.data, "--memory-key", str(other)) as server:
        await firm.meet(server)
        assert "assent serve --memory-key FILE" in await server.logged("every use of memory is refused")
        found = firm.say("carmen.diaz", "doctor", "--json").json["findings"]
        [told] = [one for one in found if one["subject"] == "memory"]
        assert (told["level"], "--memory-key" in told["text"]) == ("fail", True)
        for said in (
            firm.remember({"style": "x"}),
            firm.say("lena.brandt", "memory", "recall", *ABOUT),
            firm.say("carmen.diaz", "memory", "forget", "--subject", SUBJECT, "-m", "x"),
            firm.say("carmen.diaz", "memory", "hold", "--subject", SUBJECT, "-m", "x"),
        ):
            assert said.code == 6, said.out
            assert "has not got the master key" in said.err
    async with serving(LEGAL, firm.data) as server:
        await firm.meet(server)
        assert firm.values() == [{"style": STYLE}]


@pytest.mark.requirement("orchestrator.memory-ttl")
@pytest.mark.timeout(300)
async def test_what_has_expired_is_removed_by_whatever_server_runs(tmp_path: Path) -> None:
    firm = Firm(tmp_path / "data")
    async with serving(LEGAL, firm.data) as server:
        await firm.meet(server)
        assert firm.remember({"style": STYLE}, "--ttl", "1s").code == 0
        server.send(signal.SIGKILL)
        await server.ended()
    async with serving(LEGAL, firm.data) as server:
        await firm.meet(server)
        with _bounded() as left:
            while not (gone := [one for one in firm.events() if one["event"] == "memory.expired"]):
                left()
        assert (gone[0]["detail"]["count"], gone[0]["detail"]["key_destroyed"]) == (1, True)
        assert firm.values() == []


@contextmanager
def _bounded() -> Iterator[Any]:
    until = time.monotonic() + SECONDS

    def left() -> None:
        assert time.monotonic() < until, "it took too long"

    yield left


def _files_with(folder: Path, *words: str) -> Iterator[str]:
    """Yield the files below a folder that hold one of the words, as it is or in Base64."""
    wanted = [word.encode() for word in words]
    wanted += [base64.b64encode(word.encode()[skip:])[: len(word) - 4] for word in words for skip in range(3)]
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != "tokens.json":
            content = file.read_bytes()
            if any(word in content for word in wanted):
                yield str(file.relative_to(folder))
