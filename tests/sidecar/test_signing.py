import gzip
import io
import itertools
import json
import stat
import tarfile
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.bundle.command import run
from assent_sidecar.bundle.contents import read_archive, write_archive
from assent_sidecar.bundle.filehash import file_hash
from assent_sidecar.bundle.keys import read_key_ring, read_signing_key
from assent_sidecar.bundle.manifest import MANIFEST, SIGNATURES, read_manifest
from assent_sidecar.bundle.refusal import (
    BundleKeyError,
    BundleMalformedError,
    BundleSignatureError,
    BundleUnsignedError,
)
from assent_sidecar.bundle.serve import RESOURCE, BundleServer
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.canonical import canonical
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.opa.client import OpaClient
from assent_sidecar.opa.config import render
from assent_sidecar.opa.process import OpaProcess
from tests.sidecar.engines import ROOT, until
from tests.sidecar.signed import Signer, archive_of, bundle, changed, packed, ring
from tests.sidecar.workspace_copies import SALES

GENEROUS = 60.0


@pytest.fixture
def release(tmp_path: Path) -> Signer:
    return Signer(tmp_path)


@pytest.fixture
def next_key(tmp_path: Path) -> Signer:
    return Signer(tmp_path, "next")


@asynccontextmanager
async def an_opa(folder: Path, first: Bundle, *signers: Signer) -> AsyncIterator[tuple[OpaClient, BundleServer]]:
    """Run a real OPA that demands a signature by one of these keys, with nothing of ours in between."""
    server = BundleServer()
    await server.start()
    server.publish(first)
    config = render({}, bundles=server.url, resource=RESOURCE, token=server.token, keys=ring(*signers).config())
    process = OpaProcess(find_binary({}), config, folder / "own" / "opa.sock")
    try:
        await process.start()
        async with OpaClient(folder / "own" / "opa.sock") as client:
            yield client, server
    finally:
        await process.stop()
        await server.stop()


async def _serves(client: OpaClient, wanted: Bundle) -> bool:
    return (await client.bundle_status(GENEROUS)).active == wanted.revision


@pytest.mark.requirement("sidecar.bundle-signed")
async def test_a_real_opa_takes_what_we_sign_with_any_key_that_counts(
    release: Signer, next_key: Signer, tmp_path: Path
) -> None:
    async with an_opa(tmp_path, bundle(release, 1), release, next_key) as (client, server):
        assert (await client.probe(GENEROUS)).revision == bundle(release, 1).revision
        other = bundle(next_key, 2)
        server.publish(other)
        assert await until(lambda: _serves(client, other))


def tampered(release: Signer) -> dict[str, bytes]:
    good = release.sign(archive_of(2), 2)
    files = read_archive(good)
    return {
        "unsigned": archive_of(2),
        "changed policy": changed(good, "assent/main.rego", files["assent/main.rego"].replace(b"allow", b"allow ")),
        "changed data": changed(good, "data.json", files["data.json"].replace(b"2", b"3")),
        "added file": changed(good, "assent/more.rego", b"package assent.more"),
        "removed file": changed(good, "assent/log.rego", None),
        "no token": changed(good, SIGNATURES, b'{"signatures": []}'),
        "other token": changed(good, SIGNATURES, read_archive(release.sign(archive_of(9), 9))[SIGNATURES]),
        "no algorithm": changed(good, SIGNATURES, _unsecured(files[SIGNATURES])),
        "sequence": changed(good, MANIFEST, canonical(read_manifest(files).numbered(99).document)),
    }


def _unsecured(signatures: bytes) -> bytes:
    [token] = json.loads(signatures)["signatures"]
    claims = jwt.decode(token, options={"verify_signature": False})
    return json.dumps({"signatures": [jwt.encode(claims, "", algorithm="none", headers={"kid": "release"})]}).encode()


@pytest.mark.requirement("sidecar.bundle-signed", "sidecar.bundle-tampered")
async def test_a_real_opa_and_we_refuse_every_bundle_that_is_not_as_it_was_signed(
    release: Signer, tmp_path: Path
) -> None:
    first = bundle(release, 1)
    (tmp_path / "elsewhere").mkdir()
    stranger = Signer(tmp_path / "elsewhere")  # another key under the same name
    bad = tampered(release) | {"other key": stranger.sign(archive_of(2), 2)}
    async with an_opa(tmp_path, first, release) as (client, server):
        seen: set[str | None] = {None}
        for number, (what, archive) in enumerate(bad.items()):
            with pytest.raises((BundleSignatureError, BundleUnsignedError)):
                Trust(ring(release)).read(archive)
            server.publish(replace(first, archive=archive, revision=f"sha256:{number:064d}"))

            async def failure(seen: set[str | None] = seen) -> str | None:
                said = (await client.bundle_status(GENEROUS)).failure
                return None if said in seen else said

            seen.add(await until(failure))
            assert await _serves(client, first), what
            assert (await client.probe(GENEROUS)).revision == first.revision, what


@pytest.mark.requirement("sidecar.bundle-key-rotation")
def test_a_key_that_does_not_count_any_more_signs_nothing(release: Signer, next_key: Signer) -> None:
    old, new = release.sign(archive_of(1), 1), next_key.sign(archive_of(2), 2)
    both = Trust(ring(release, next_key))
    assert (both.read(old).signed_by, both.read(new).signed_by) == ("release", "next")
    with pytest.raises(BundleSignatureError, match=r"'release', which does not count.*TENANT/KEYID=FILE"):
        Trust(ring(next_key)).read(old)


ODD: dict[str, Any] = {
    "\u2028 <&>": [1.50, -0.0, 1e5, 123456789012345678901234567890, True, None, '\x7f\x01\\\b\f"/', {"b": [], "a": {}}],
    "\U0001f600": "z",
    "\ufb01": "y",
}  # fmt: skip


@pytest.mark.requirement("sidecar.bundle-signed")
@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
async def test_what_opa_signs_is_verified_here(algorithm: str, tmp_path: Path) -> None:
    key: Any = (
        ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, 2048)
    )
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "pub.pem").write_bytes(public)
    (tmp_path / "claims.json").write_text('{"keyid": "hsm"}')
    data = json.dumps({"catalogue": {"systems": {}}, "settings": ODD}).encode()
    files = read_archive(packed({"assent/main.rego": b"package assent\n", "data.json": data}))
    numbered = canonical(read_manifest(files).numbered(7).document)
    (tmp_path / "bundle.tar.gz").write_bytes(write_archive(files | {MANIFEST: numbered}))
    done = await run(
        find_binary({}),
        *("sign", "--bundle", "bundle.tar.gz", "--signing-key", "key.pem", "--signing-alg", algorithm),
        *("--claims-file", "claims.json"),
        cwd=tmp_path,
    )
    assert done.status == 0, done.stderr
    signed = changed((tmp_path / "bundle.tar.gz").read_bytes(), SIGNATURES, (tmp_path / SIGNATURES).read_bytes())
    read = Trust(read_key_ring([f"hsm={tmp_path / 'pub.pem'}"])).read(signed)
    assert (read.signed_by, read.sequence) == ("hsm", 7)


@pytest.mark.requirement("sidecar.bundle-revision", "sidecar.bundle-tampered")
async def test_a_built_bundle_is_read_back_as_what_it_was(release: Signer) -> None:
    for root in (SALES, ROOT / "examples/contract_renewal"):
        built = await build_bundle(root, find_binary({}))
        signed = release.sign(built.archive, 3)
        read = Trust(ring(release)).read(signed)
        assert (read.revision, read.catalogue) == (built.revision, built.catalogue)
        again = Trust(ring(release)).read(release.sign(signed, 4))
        assert (again.revision, again.sequence) == (built.revision, 4)
        assert Trust(allow_unsigned=True).read(built.archive) == built


@pytest.mark.requirement("sidecar.bundle-tampered")
def test_an_unsigned_bundle_needs_to_be_allowed_and_a_signature_counts_in_any_case(release: Signer) -> None:
    with pytest.raises(BundleUnsignedError):
        Trust(ring(release)).read(archive_of(1))
    with pytest.raises(BundleUnsignedError):
        Trust().read(archive_of(1))
    allowed = Trust(ring(release), allow_unsigned=True)
    assert allowed.read(archive_of(1)).signed_by is None
    with pytest.raises(BundleSignatureError):
        allowed.read(changed(release.sign(archive_of(1), 1), "assent/main.rego", b"package assent"))


def _tar(*entries: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(b"x" * entry.size))
    return buffer.getvalue()


def _entry(name: str, **more: Any) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    for key, value in more.items():
        setattr(entry, key, value)
    return entry


@pytest.mark.requirement("sidecar.bundle-tampered")
@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"no archive",
        gzip.compress(b"no archive either" * 100),
        archive_of(1)[:-200],
        _tar(_entry("../x.rego", size=1)),
        _tar(_entry("a.rego", size=1), _entry("/a.rego", size=1)),
        _tar(_entry("a.rego", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        _tar(_entry("a.rego", size=1)),
        changed(archive_of(1), "policy.wasm", b"x"),
        changed(archive_of(1), "patch.json", b"{}"),
        changed(archive_of(1), "assent/data.yaml", b"x: 1"),
        changed(archive_of(1), "assent/main.rego", b"package assent"),
        changed(archive_of(1), MANIFEST, b'{"revision": "sha256:0", "metadata": {"workspace": "test"}}'),
        changed(archive_of(1), MANIFEST, b'{"a": 1, "a": 2}'),
        packed({"data.json": b"[]"}),
        packed({"data.json": b'{"catalogue": {"systems": 1}}'}),
    ],
    ids=itertools.count(),  # the bytes of an archive name the time it was made
)
def test_an_archive_that_is_no_bundle_is_refused(archive: bytes) -> None:
    with pytest.raises(BundleMalformedError):
        Trust(allow_unsigned=True).read(archive)


def test_an_archive_that_swells_is_refused() -> None:
    with pytest.raises(BundleMalformedError, match="more than 1000 bytes"):
        read_archive(gzip.compress(bytes(10_000)), largest=1000)


def _sparse(name: str, size: int, *, headers: dict[str, str]) -> bytes:
    """Return an archive of one entry in which ``size`` bytes are none but a hole."""
    entry = _entry(name, pax_headers={"GNU.sparse.name": name, "GNU.sparse.realsize": str(size), **headers})
    mapped = f"1\n{size}\n0\n".encode().ljust(512, b"\0")
    entry.size = len(mapped)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(entry, io.BytesIO(mapped))
    return buffer.getvalue()


_HOLE = 64 * 1024 * 1024


@pytest.mark.requirement("sidecar.bundle-swells")
@pytest.mark.parametrize(
    "archive",
    [
        _sparse("data.json", _HOLE, headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}),
        _sparse("data.json", _HOLE, headers={"GNU.sparse.map": f"0,0,{_HOLE},0", "GNU.sparse.size": str(_HOLE)}),
        _tar(_entry("data.json", type=tarfile.GNUTYPE_SPARSE)),
        _tar(_entry("data.json", type=tarfile.CONTTYPE)),
        _tar(*(_entry(f"folder{number}", type=tarfile.DIRTYPE) for number in range(10_001))),
        gzip.compress(_entry("x", type=tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT) * 5_000),
        gzip.compress(_entry("x", size=-512).tobuf(tarfile.GNU_FORMAT) * 2 + bytes(1024)),
    ],
    ids=["sparse", "sparse of old", "sparse of GNU", "contiguous", "folders", "headers of headers", "negative"],
)
def test_an_archive_that_is_larger_than_its_bytes_is_refused_before_anything_of_it_is_read(archive: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BundleMalformedError):
            read_archive(archive)
        assert tracemalloc.get_traced_memory()[1] < _HOLE
    finally:
        tracemalloc.stop()


def test_the_files_of_an_archive_are_counted_together_before_they_are_read() -> None:
    archive = gzip.compress(_entry("a", size=600).tobuf() + bytes(1024) + _entry("b", size=10**9).tobuf())
    with pytest.raises(BundleMalformedError, match="more than 9000 bytes"):
        read_archive(archive, largest=9000)


@pytest.mark.requirement("sidecar.bundle-keys")
def test_a_key_is_made_so_that_nobody_else_reads_it_and_is_never_overwritten(tmp_path: Path) -> None:
    signer = Signer(tmp_path)
    assert stat.S_IMODE(signer.private.stat().st_mode) == 0o600
    assert signer.key.algorithm == "ES256"
    with pytest.raises(BundleKeyError, match="cannot be made"):
        Signer(tmp_path)
    signer.private.chmod(0o640)
    with pytest.raises(BundleKeyError, match="can be read by others"):
        read_signing_key(f"release={signer.private}")


@pytest.mark.requirement("sidecar.bundle-keys")
def test_a_key_that_cannot_be_one_of_bundles_is_refused_by_name(tmp_path: Path, release: Signer) -> None:
    odd = ed25519.Ed25519PrivateKey.generate().public_key()
    weak = rsa.generate_private_key(65537, 1024).public_key()
    for name, key in (("odd", odd), ("weak", weak)):
        path = tmp_path / f"{name}.pub"
        path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        with pytest.raises(BundleKeyError, match=name):
            read_key_ring([f"{name}={path}"])
    (tmp_path / "junk").write_bytes(b"junk")
    for text in ("junk", "=x", "a=", f"../a={release.public}", f"a={tmp_path / 'junk'}", f"a={tmp_path / 'none'}"):
        with pytest.raises(BundleKeyError):
            read_key_ring([text])
    with pytest.raises(BundleKeyError, match="public half"):
        read_key_ring([f"release={release.private}"])
    with pytest.raises(BundleKeyError, match="twice"):
        read_key_ring([release.named, release.named])


@pytest.mark.requirement("sidecar.bundle-key-rotation")
def test_a_folder_is_a_ring_of_the_keys_in_it(tmp_path: Path, release: Signer) -> None:
    folder = tmp_path / "ring"
    folder.mkdir()
    for name in ("a", "b.2"):
        (folder / f"{name}.pem").write_bytes(release.public.read_bytes())
    assert set(read_key_ring([str(folder)]).keys) == {"a", "b.2"}


def test_bytes_are_hashed_as_they_are_and_data_by_its_value() -> None:
    assert file_hash("x/data.json", b'{"b":1,"a":[ ]}') == file_hash("x/data.json", b'{ "a": [], "b": 1 }')
    assert file_hash("x/y.rego", b"a") != file_hash("x/y.rego", b"a ")
