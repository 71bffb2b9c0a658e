"""Files of keys, with several processes at them at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from assent_orchestrator.secret import put_new, put_whole, read_or_make
from assent_orchestrator.server.tokens import default_entries, read_tokens, write_tokens

SERVERS = 8
ROUNDS = 25


def test_servers_that_start_at_once_put_the_same_file_in_place(tmp_path: Path) -> None:
    path = tmp_path / "permit-key.json"
    with ThreadPoolExecutor(SERVERS) as servers:
        for _ in range(ROUNDS):
            list(servers.map(lambda _: put_whole(path, b"the public half"), range(SERVERS)))
    assert [file.name for file in tmp_path.iterdir()] == ["permit-key.json"]
    assert path.read_bytes() == b"the public half"
    assert path.stat().st_mode & 0o777 == 0o600


def test_of_servers_that_start_at_once_one_makes_the_key_and_all_read_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(SERVERS) as servers:
        for number in range(ROUNDS):
            path = tmp_path / f"key-{number}"
            own = [f"made by {server}".encode() for server in range(SERVERS)]
            read = set(servers.map(lambda content, path=path: read_or_make(path, lambda: content), own))
            assert read == {path.read_bytes()}


def test_a_file_that_is_there_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    put_new(path, b"first")
    with pytest.raises(FileExistsError):
        put_new(path, b"second")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"first"]


def test_tokens_are_read_whole_by_a_server_that_starts_beside_the_one_that_makes_them(tmp_path: Path) -> None:
    def start(path: Path) -> int:
        with suppress(FileExistsError):
            write_tokens(path, default_entries())
        return len(read_tokens(path).callers)

    with ThreadPoolExecutor(SERVERS) as servers:
        for number in range(ROUNDS):
            path = tmp_path / f"tokens-{number}.json"
            assert set(servers.map(start, [path] * SERVERS)) == {len(default_entries())}
