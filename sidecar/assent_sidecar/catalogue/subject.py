"""How the subject of a memory is written: in one way only, for two that look alike would be two. Pure."""

import unicodedata

SUBJECT_NOT_NFC = "SUBJECT_NOT_NFC"
SUBJECT_UNSEEN = "SUBJECT_UNSEEN"

_NON_JOINER, _JOINER = "\u200c", "\u200d"
_VIRAMA = 9
"""The combining class of what joins the letters of Indic scripts: there, both joiners are spelling."""

_NEVER = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"))
_ALONE = frozenset(
    "\u0622\u0623\u0624\u0625\u0627\u0629\u062f\u0630\u0631\u0632\u0648\u0671\u0672\u0673\u0675\u0676\u0677"
    "\u0688\u0689\u068a\u068b\u068c\u068d\u068e\u068f\u0690\u0691\u0692\u0693\u0694\u0695\u0696\u0697\u0698\u0699"
    "\u06c0\u06c3\u06c4\u06c5\u06c6\u06c7\u06c8\u06c9\u06ca\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef"
)
"""Arabic letters that join nothing behind them (ArabicShaping.txt): a non-joiner there is not to be seen."""
_BLANK = (
    *(range(0x034F, 0x0350), range(0x115F, 0x1161), range(0x17B4, 0x17B6), range(0x180B, 0x1810)),
    *(range(0x2800, 0x2801), range(0x3164, 0x3165), range(0xFE00, 0xFE10), range(0xFFA0, 0xFFA1)),
    *(range(0x2065, 0x2066), range(0xFFF0, 0xFFFD), range(0xE0000, 0xE1000)),
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
    """Return whether a joiner is part of how a word is written: after a virama, or between Arabic letters that join."""
    before, after = subject[place - 1 : place], subject[place + 1 : place + 2]
    if subject[place] not in {_NON_JOINER, _JOINER} or not before or not after:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return unicodedata.category(after) == "Lo"
    arabic = all(unicodedata.bidirectional(one) == "AL" for one in (before, after))
    return subject[place] == _NON_JOINER and arabic and before not in _ALONE
