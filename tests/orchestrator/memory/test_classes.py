import pytest

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import ForbiddenError
from assent_orchestrator.governance.mandate import UnderPermitNeededError
from assent_orchestrator.memory.classes import Classes
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.catalogue.catalogue import Catalogue

AGENT = {"title": "An agent", "owner": "olga", "department": "desk", "may": ["memory.recall"]}
OF_ACME = Bundle(
    b"",
    "sha256:" + "1" * 64,
    Catalogue.from_json(
        {
            "workspace": "acme",
            "systems": {
                "called": {
                    "name": "called",
                    "title": "A service",
                    "owner": "olga",
                    "tool_server": "called",
                    "kind": "agent",
                    "agent": "called",
                    "operations": {
                        "do": {
                            "title": "Do it",
                            "effect": "read",
                            "arguments": {"type": "object"},
                            "result": {"type": "object"},
                        }
                    },
                }
            },
            "agents": {name: {**AGENT, "name": name} for name in ("desk", "called")},
            "memory": {
                "classes": {
                    name: {"retention": "long_term", "purpose": name, "owner": "olga", "ttl": "1d"} for name in "ba"
                }
            },
        }
    ),
)
EMPTY = Bundle(b"", "sha256:" + "2" * 64, Catalogue(workspace="other"))


def classes() -> Classes:
    return Classes({"acme": OF_ACME, "other": EMPTY}.__getitem__)


@pytest.mark.requirement("orchestrator.memory-classes")
@pytest.mark.parametrize("role", ["submitter", "compliance_officer", "auditor", "operator"])
def test_whoever_has_to_do_with_memory_sees_the_classes_of_the_bundle_of_their_tenant(role: str) -> None:
    found, revision = classes().list(Caller("pat", "acme", frozenset({role})))
    assert (list(found), revision) == (["a", "b"], OF_ACME.revision)
    found, revision = classes().list(Caller("pat", "other", frozenset({role})))
    assert (list(found), revision) == ([], EMPTY.revision)


@pytest.mark.requirement("orchestrator.memory-classes")
def test_an_agent_sees_them_unless_it_is_a_service_which_uses_no_memory() -> None:
    found, _ = classes().list(Caller("bot", "acme", frozenset(), agent="desk"))
    assert list(found) == ["a", "b"]
    with pytest.raises(UnderPermitNeededError):
        classes().list(Caller("bot", "acme", frozenset({"submitter"}), agent="called"))


@pytest.mark.parametrize("roles", [frozenset(), frozenset({"lawyer"}), frozenset({"platform_operator"})])
def test_others_do_not(roles: frozenset[str]) -> None:
    with pytest.raises(ForbiddenError):
        classes().list(Caller("pat", "acme", roles))
