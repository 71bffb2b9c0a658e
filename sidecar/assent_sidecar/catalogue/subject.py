"""How the subject of a memory is written: in one way only, for two that look alike would be two. Pure."""

import unicodedata

SUBJECT_NOT_NFC = "SUBJECT_NOT_NFC"
SUBJECT_UNSEEN = "SUBJECT_UNSEEN"

_NON_JOINER, _JOINER = "\u200c", "\u200d"
_VIRAMA = 9
"""The combining class of what joins the letters of Indic scripts: there, both joiners are spelling."""

_NEVER = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"))
_BLANK = (
    *(range(0x034F, 0x0350), range(0x115F, 0x1161), range(0x17B4, 0x17B6), range(0x180B, 0x1810)),
    *(range(0x2800, 0x2801), range(0x3164, 0x3165), range(0xFE00, 0xFE10), range(0xFFA0, 0xFFA1)),
    *(range(0x2065, 0x2066), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000)),
)
"""What nobody sees though its category says nothing of it: Default_Ignorable_Code_Point, and the empty Braille cell."""


def one_writing(subject: str) -> tuple[str, str] | None:
    """Return why a subject is not written as it is kept by, as a code and a message; None where it is.

    Who asks to have one forgotten would miss the other: so it is in Unicode's form NFC, has single blanks between
    words and none around them, and no character that nobody sees, but joiners where they are part of the spelling. Of
    nothing but blanks, nothing is said here: it is no subject at all.
    """
    if not subject.strip():
        return None
    if not unicodedata.is_normalized("NFC", subject):
        return SUBJECT_NOT_NFC, "is not in Unicode's form NFC, in which policies compare it"
    if subject != subject.strip() or "  " in subject:
        return SUBJECT_UNSEEN, "has blanks around it, or several in a row: it would look like another one"
    for place, one in enumerate(subject):
        if one != " " and is_unseen(one) and not _spelt(subject, place):
            told = f"has the character U+{ord(one):04X}, which nobody sees: it would look like another one"
            return SUBJECT_UNSEEN, told
    return None


def is_unseen(one: str) -> bool:
    """Return whether nobody sees a character, or whether it looks like a blank."""
    return unicodedata.category(one) in _NEVER or (not one.isascii() and any(ord(one) in some for some in _BLANK))


def _spelt(subject: str, place: int) -> bool:
    """Return whether a joiner is part of how a word is written: after a virama, or between Arabic letters."""
    if subject[place] not in {_NON_JOINER, _JOINER} or place == 0:
        return False
    if unicodedata.combining(subject[place - 1]) == _VIRAMA:
        return True
    around = subject[place - 1], subject[place + 1 : place + 2]
    return subject[place] == _NON_JOINER and all(one and unicodedata.bidirectional(one) == "AL" for one in around)
