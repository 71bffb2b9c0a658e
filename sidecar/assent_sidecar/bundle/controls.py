"""For which controls the policies of a bundle speak: what they say of themselves, and what their findings name."""

import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from assent_sidecar.bundle.annotation import annotations_in
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.words import strings_of
from assent_sidecar.catalogue.subject import is_unseen
from assent_sidecar.model import Json
from assent_sidecar.opa.binary import Binary

_NAMED = re.compile(r'"control"\s*:\s*("(?:[^"\\\n]|\\.)*"|`[^`]*`)')

_MINUS = "\u2212"

_ALIKE = str.maketrans(
    (
        # Cyrillic
        "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408"
        "\u050c\u04ae\u04c0\u051a\u051c"
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u04af\u0501\u051b\u051d"
        # Greek
        "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u037f"
        "\u03b1\u03b3\u03b9\u03bd\u03bf\u03c1\u03c3\u03c5\u03f3"
    ),
    "ABEKMHOPCTYXSIJGYIQWaeopcyxsijhydqwABEZHIKMNOPTYXJayivopouj",
)
"""Letters of alphabets that many have on their keyboards, and the Latin ones that they look like (see UTS #39)."""


async def declared_controls(texts: Mapping[str, str], binary: Binary) -> dict[str, frozenset[str]]:
    """Return the controls that Rego files name in METADATA, by file, as OPA reads them: they stand in no string.

    Raises:
        CommandError: OPA cannot be asked, or does not read what the files say of themselves.
    """
    found: dict[str, frozenset[str]] = {path: frozenset() for path in texts}
    if not texts:
        return found
    with tempfile.TemporaryDirectory(prefix="assent-controls-") as folder:
        # Under names of ours: theirs might be read as something else, or as the same.
        paths = dict(zip((f"{number}.rego" for number in range(len(texts))), texts, strict=True))
        for name, path in paths.items():
            (Path(folder) / name).write_text(texts[path], encoding="utf-8", newline="")
        notes = await annotations_in(Path(folder), binary)
    try:
        for note in notes:
            path = paths[note["location"]["file"].removeprefix("./")]
            found[path] |= frozenset(_labelled(note["annotations"].get("labels")))
    except (KeyError, TypeError, AttributeError) as error:
        raise CommandError("opa does not read what policies say of themselves") from error
    return found


def _labelled(labels: Json) -> Iterator[str]:
    if isinstance(labels, dict):
        several = labels.get("controls")
        for one in (labels.get("control"), *(several if isinstance(several, list) else ())):
            if isinstance(one, str) and one:
                yield one


def named_controls(text: str) -> frozenset[str]:
    """Return the controls that findings in a Rego file name, as far as they are written out."""
    return frozenset(name for found in _NAMED.findall(text) for name in strings_of(found) if name)


def mentioned(text: str) -> frozenset[str]:
    """Return everything in a Rego file that a finding could name as its control: its strings."""
    return frozenset(strings_of(text))


def same_control(name: str) -> str:
    """Return by what controls are compared: two that people take for the same are the same."""
    seen = (one for one in unicodedata.normalize("NFKC", name) if one.isspace() or not is_unseen(one))
    written = "".join("-" if one == _MINUS or unicodedata.category(one) == "Pd" else one for one in seen)
    return " ".join(written.translate(_ALIKE).split()).casefold()
