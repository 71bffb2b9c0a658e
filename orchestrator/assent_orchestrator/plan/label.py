"""Labels: what a value is, carried wherever it goes.

A label on a value holds for everything in it. Names are kept sorted, so that equal labels have equal digests.
"""

from collections.abc import Iterable, Mapping

from assent_orchestrator.plan.pointer import PointerError, Tokens, index, render, split, step_down
from assent_sidecar.facts import Labels
from assent_sidecar.model import Json, Pointer

UNTRUSTED = "untrusted"
"""What comes from a caller; every input carries it."""

ANY = "*"
"""In the pointer of a label: whatever member or element is there."""


def join(*several: Mapping[Pointer, Iterable[str]]) -> Labels:
    """Return the union, in canonical order; pointers without a label are left out."""
    joined: dict[Pointer, set[str]] = {}
    for labels in several:
        for pointer, names in labels.items():
            joined.setdefault(pointer, set()).update(names)
    return {pointer: tuple(sorted(joined[pointer])) for pointer in sorted(joined) if joined[pointer]}


def of_inputs(labels: Mapping[Pointer, Iterable[str]]) -> Labels:
    """Return the labels of a plan's inputs: what the caller says of them, and always ``untrusted``."""
    return join(labels, {"": (UNTRUSTED,)})


def rebase(labels: Mapping[Pointer, Iterable[str]], source: Tokens, target: Tokens) -> Labels:
    """Return the labels of the value at ``source``, as pointers into the place ``target`` it is put at.

    Labels above the value become labels of all of it; labels below keep their place in it.
    """
    moved: dict[Pointer, set[str]] = {}
    for pointer, names in labels.items():
        tokens = split(pointer)
        if all(_matches(mine, its) for mine, its in zip(tokens, source, strict=False)):
            moved.setdefault(render(target + tokens[len(source) :]), set()).update(names)
    return join(moved)


def fit(labels: Mapping[Pointer, Iterable[str]], value: Json) -> Labels:
    """Return labels whose pointers all point at something in ``value``.

    A label on a member that is not there is left out: there is nothing to classify. A label that cannot be placed
    (a scalar or an array where members were expected, or ``*``) rests on the deepest value that is there, so none is
    lost.
    """
    return join(*({where: names} for pointer, names in labels.items() if (where := place(pointer, value)) is not None))


def foreseen(labels: Mapping[Pointer, Iterable[str]], source: Tokens) -> Labels:
    """Return every place, in a value at ``source`` that nobody has seen yet, at which a label may come to rest.

    Whatever the whole turns out to be, what ``fit`` and ``rebase`` make of the labels then is among these: a label is
    at its pointer or at anything on the way there, because it rests on the deepest value that is there. A label beside
    the value counts when it may come to rest around it: at an array where a member was expected. ``*`` in ``source`` is
    any element: what one of several has is foreseen for each.
    """
    resting: dict[Pointer, set[str]] = {}
    for pointer, names in labels.items():
        tokens = split(pointer)
        tokens = tokens[: tokens.index(ANY)] if ANY in tokens else tokens
        shared = next(
            (at for at, (mine, its) in enumerate(zip(tokens, source, strict=False)) if its not in (mine, ANY)), None
        )
        if shared is None:
            around = tokens[len(source) :]
        elif index(source[shared]) is not None and index(tokens[shared]) is None:
            around = ()
        else:
            continue
        for depth in range(len(around) + 1):
            resting.setdefault(render(around[:depth]), set()).update(names)
    return join(resting)


def spread(labels: Mapping[Pointer, Iterable[str]], source: Tokens, count: int) -> list[Labels]:
    """Return the labels of each element of the list of ``count`` at ``source``: those of all of it, and its own.

    The pointers are those that ``fit`` gives. It takes one look at each label, however many elements there are.
    """
    common: set[str] = set()
    own: dict[int, dict[Pointer, set[str]]] = {}
    for pointer, names_ in labels.items():
        tokens = split(pointer)
        if any(mine != its for mine, its in zip(tokens, source, strict=False)):
            continue
        position = index(tokens[len(source)]) if len(tokens) > len(source) else None
        if position is None:
            common.update(names_)
        else:
            below = own.setdefault(position, {})
            below.setdefault(render(tokens[len(source) + 1 :]), set()).update(names_)
    return [join({"": common}, own.get(position, {})) for position in range(count)]


def gather(several: Iterable[Mapping[Pointer, Iterable[str]]]) -> Labels:
    """Return the labels of a list from those of its elements, each below the place of its own."""
    return {
        f"/{position}{pointer}": tuple(names_)
        for position, labels in enumerate(several)
        for pointer, names_ in labels.items()
    }


def place(pointer: Pointer, value: Json) -> Pointer | None:
    """Return where in ``value`` a label belongs: at its pointer, or at the deepest value that is there.

    None when the pointer names a member that is absent.
    """
    tokens = split(pointer)
    for depth, token in enumerate(tokens):
        if token == ANY:
            return render(tokens[:depth])
        try:
            there, value = step_down(value, token)
        except PointerError:
            return render(tokens[:depth])
        if not there:
            return None
    return pointer


def carried(labels: Mapping[Pointer, Iterable[str]], tokens: Tokens) -> frozenset[str]:
    """Return the labels that hold for the value at ``tokens``: its own and those of what it is part of."""
    return frozenset(name for depth in range(len(tokens) + 1) for name in labels.get(render(tokens[:depth]), ()))


def names(labels: Mapping[Pointer, Iterable[str]]) -> frozenset[str]:
    """Return every label, wherever it is."""
    return frozenset(name for each in labels.values() for name in each)


def _matches(mine: str, its: str) -> bool:
    return mine in (ANY, its)
