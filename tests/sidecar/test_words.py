"""Which words stand in a bundle."""

from assent_sidecar.bundle.contents import write_archive
from assent_sidecar.bundle.words import words_of

REGO = """package policies.org.rules

# METADATA
# labels:
#   control: FIN-01
#   long: "ISO 27001 A.5 # sic"
deny contains {"code": "TOO_MUCH", "message": sprintf("it's %d # not a comment", [1])} if `raw "text"` == "a\\"b"
"""


def test_strings_of_rego_and_data_and_words_of_comments_stand_in_a_bundle_and_nothing_else() -> None:
    files = {"policies/org/rules.rego": REGO.encode(), "data.json": b'{"roles": ["cfo", {"x": 1}]}', "other": b"SECRET"}
    found = words_of(write_archive(files))
    assert {"FIN-01", "ISO 27001 A.5 # sic", "code", "TOO_MUCH", 'raw "text"', 'a"b', "roles", "cfo", "x"} <= found
    assert not {"SECRET", "policies.org.rules", "deny", "1"} & found
