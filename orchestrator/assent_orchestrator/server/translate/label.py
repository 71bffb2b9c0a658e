"""Labels of values by JSON pointer."""

from collections.abc import Mapping, Sequence

from assent.v1.plans_pb2 import LabelSet
from assent_sidecar.facts import Labels


def label_sets(labels: Mapping[str, Sequence[str]]) -> dict[str, LabelSet]:
    """Return labels as the wire has them."""
    return {pointer: LabelSet(labels=names) for pointer, names in labels.items()}


def labels_of(sets: Mapping[str, LabelSet]) -> Labels:
    """Return labels as we have them."""
    return {pointer: tuple(found.labels) for pointer, found in sets.items()}
