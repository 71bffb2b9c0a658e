"""The file that keeps the key by which the keys of subjects are wrapped."""

import base64
import binascii
import secrets
from pathlib import Path

from assent_orchestrator.memory.vault import MASTER_BYTES, Vault
from assent_orchestrator.secret import OpenToOthersError, read_or_make, read_secret


class MemoryKeyError(Exception):
    """The key cannot be used; the message says which file and why, never what is in it."""


def open_vault(path: Path, *others: Path, make: bool) -> Vault:
    """Read the master key (32 bytes in Base64) from ``path``; with ``make``, put one there (0600) when there is none.

    ``others`` are the files of master keys that only open, while the master key of a database is replaced.

    Raises:
        MemoryKeyError: there is none, others can read the file, or it does not hold such a key.
        OSError: the file cannot be read or written.

    """
    return Vault(_read(path, make=make), *(_read(one, make=False) for one in others))


def _read(path: Path, *, make: bool) -> bytes:
    try:
        text = read_or_make(path, _new) if make else read_secret(path)
    except OpenToOthersError as error:
        raise MemoryKeyError(str(error)) from error
    except FileNotFoundError as error:
        raise MemoryKeyError(f"{path} is not there; 32 random bytes in Base64 belong into it") from error
    try:
        master = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise MemoryKeyError(f"{path} does not hold a key in Base64") from error
    if len(master) != MASTER_BYTES:
        raise MemoryKeyError(f"{path} holds a key, but not one of {MASTER_BYTES} bytes")
    return master


def _new() -> bytes:
    return base64.b64encode(secrets.token_bytes(MASTER_BYTES)) + b"\n"
