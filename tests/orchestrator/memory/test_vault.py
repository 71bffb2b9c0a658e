"""The master key and its file, and what the keys of subjects are bound to."""

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.errors import MemoryKeyWrongError
from assent_orchestrator.memory.errors import MemoryUnreadableError
from assent_orchestrator.memory.master_key import MemoryKeyError, open_vault
from assent_orchestrator.memory.vault import DataKey, Sealed, Vault

pytestmark = pytest.mark.requirement("orchestrator.memory-encrypted")

VAULT = Vault(bytes(range(32)))


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "memory-key"
    first, again = open_vault(path, make=True), open_vault(path, make=False)
    assert first.fingerprint == again.fingerprint
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        (None, 0o600, "is not there"),
        (base64.b64encode(bytes(32)), 0o640, "can be read by others"),
        (b"hunter2!", 0o600, "does not hold a key"),
        (base64.b64encode(bytes(16)), 0o600, "not one of 32 bytes"),
    ],
)
def test_what_is_no_key_is_named_and_not_shown(tmp_path: Path, content: bytes | None, mode: int, reason: str) -> None:
    path = tmp_path / "memory-key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(MemoryKeyError, match=reason) as caught:
        open_vault(path, make=False)
    assert "hunter2" not in str(caught.value)


@given(st.binary(max_size=200), st.lists(st.text(max_size=10), max_size=4), st.lists(st.text(max_size=10), max_size=4))
def test_a_value_opens_as_what_it_was_sealed_as_and_as_nothing_else(
    content: bytes, about: list[str], other: list[str]
) -> None:
    key = DataKey(bytes(32))
    sealed = key.seal(content, about)
    assert key.open(sealed, about) == content
    for wrong, called in ((DataKey(b"1" * 32), about), *([(key, other)] if other != about else [])):
        with pytest.raises(MemoryUnreadableError):
            wrong.open(sealed, called)
    broken = Sealed(sealed.nonce, bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:])
    with pytest.raises(MemoryUnreadableError):
        key.open(broken, about)


def test_a_key_of_a_subject_is_only_its_own() -> None:
    wrapped = VAULT.new_key("sales", "s-1", VAULT.fingerprint)
    VAULT.unwrap("sales", "s-1", wrapped)
    for vault, tenant, subject in (
        (VAULT, "legal", "s-1"),
        (VAULT, "sales", "s-2"),
        (Vault(bytes(32)), "sales", "s-1"),
    ):
        with pytest.raises(MemoryKeyWrongError):
            vault.unwrap(tenant, subject, wrapped)
    with pytest.raises(MemoryKeyWrongError):
        VAULT.unwrap("sales", "s-1", b"")


def test_a_subject_is_stored_by_another_name_in_each_tenant_and_under_each_master_key() -> None:
    names = {
        VAULT.subject_key("sales", "ACME"),
        VAULT.subject_key("legal", "ACME"),
        VAULT.subject_key("sales", "acme"),
        Vault(bytes(32)).subject_key("sales", "ACME"),
    }
    assert len(names) == 4
    assert not any("acme" in name.lower() for name in names)
