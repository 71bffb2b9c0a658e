"""Ids of rows that no step of a plan has to itself."""

from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.plan.derived import Derived, parse, row_id, undo_id, undone_id
from assent_sidecar.facts import StepFacts

rows = st.builds(
    Derived,
    st.from_regex(r"[a-z][a-z0-9_-]{0,62}", fullmatch=True),
    st.none() | st.integers(0, 999),
    st.booleans(),
)


@given(rows)
def test_an_id_says_what_its_row_is(derived: Derived) -> None:
    assert parse(derived.id) == derived
    assert row_id(StepFacts(id=derived.origin, attempt=1, item=derived.item, compensates=derived.undo)) == derived.id
    assert ("." in derived.id) is not derived.plain


@given(rows.filter(lambda one: not one.undo))
def test_what_undoes_a_row_names_it(derived: Derived) -> None:
    assert parse(undo_id(derived.id)) == Derived(derived.origin, derived.item, undo=True)
    assert undone_id(undo_id(derived.id)) == derived.id
