import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from assent_sidecar.canonical import NotCanonicalError, canonical

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
)


@given(VALUES)
def test_what_is_written_faster_is_written_alike(value) -> None:
    try:
        expected = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError):
        with pytest.raises(NotCanonicalError):
            canonical(value)
    else:
        assert canonical(value) == expected
