import pytest

from assent_orchestrator.server.identities.file import IdentitiesFileError, read_identities
from assent_orchestrator.server.identities.keys import require_keys
from tests.orchestrator.server.identities.authority import TokenIssuer

ISSUER = """jwt:
  - issuer: https://login.example.com/
    audience: assent
    keys: {keys}
    algorithms: [{algorithm}]
"""
CALLERS = """client_certificates:
  ca: clients.pem
  callers:
"""


@pytest.mark.parametrize("keys", ["keys.json", "https://login.example.com/keys", "http://127.0.0.1:80/keys"])
def test_keys_come_from_a_file_over_https_or_from_this_machine(tmp_path, keys):
    path = tmp_path / "identities.yaml"
    path.write_text(ISSUER.format(keys=keys, algorithm="ES256"), encoding="utf-8")
    assert read_identities(path).jwt[0].keys == keys


@pytest.mark.requirement("orchestrator.jwt-identities")
@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (ISSUER.format(keys="http://login.example.com/keys", algorithm="ES256"), 2, "https"),
        (ISSUER.format(keys="ftp://login.example.com/keys", algorithm="ES256"), 2, "https"),
        (ISSUER.format(keys="keys.json", algorithm="HS256"), 5, "algorithms"),
        (ISSUER.format(keys="keys.json", algorithm="none"), 5, "algorithms"),
        (ISSUER.format(keys="k", algorithm="ES256") + ISSUER.format(keys="k", algorithm="ES256")[5:], 1, "twice"),
        (ISSUER.format(keys="k", algorithm="ES256") + "    agent_claim: azp\n", 2, "says nothing without agents"),
        (ISSUER.format(keys="k", algorithm="ES256") + "    agents: {a: B c}\n", 6, "should be a name of a-z"),
        ("jwt: [\n", 2, "not YAML"),
        ("tokens: []\n", 1, "the key 'tokens' is not known here"),
        (CALLERS + "    - id: a\n", 4, "uri or dns"),
        (CALLERS + "    - {id: a, uri: 'spiffe://x/a', dns: a}\n", 4, "uri or dns"),
        (CALLERS + "    - {id: a, dns: a}\n    - {id: b, dns: a}\n", 1, "twice"),
        (CALLERS + "    - {id: 'a b', dns: a}\n", 4, "id"),
        (CALLERS + "    - {id: a, dns: a, tenant: A}\n", 4, "tenant: should be a name of a-z"),
        (CALLERS + "    - {id: a, dns: a, agent: a, roles: [operator]}\n", 4, "none of the roles of people: operator"),
        (CALLERS + "    - {id: a, dns: a, roles: 1}\n    - {id: 1, dns: b}\n", 5, "callers.0.roles"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, line, what):
    path = tmp_path / "identities.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IdentitiesFileError, match=what) as refused:
        read_identities(path)
    assert f"identities.yaml:{line}:" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(IdentitiesFileError, match=r"nowhere\.yaml"):
        read_identities(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("content", [None, "", "{}", '{"keys": []}', '{"keys": [{"kty": "none"}]}'])
def test_a_file_of_keys_that_is_not_there_or_has_none_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "keys.json").write_text(content, encoding="utf-8")
    with pytest.raises(IdentitiesFileError, match=str(tmp_path / "keys.json")):
        require_keys("keys.json", tmp_path)


def test_keys_in_a_file_and_at_a_url_that_may_be_away_are_taken(tmp_path):
    (tmp_path / "keys.json").write_text(TokenIssuer().jwks, encoding="utf-8")
    require_keys("keys.json", tmp_path)
    require_keys("https://login.example.com/keys", tmp_path)
