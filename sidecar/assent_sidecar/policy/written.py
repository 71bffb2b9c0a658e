"""What is bound in the arguments that a process writes, and to which steps. Pure."""

from collections.abc import Iterator

from assent_sidecar.model import Json


def is_bound(value: Json) -> bool:
    """Return whether a value, or a part of it, is a binding."""
    if isinstance(value, dict):
        return any(key.startswith("$") or is_bound(item) for key, item in value.items())
    return isinstance(value, list) and any(is_bound(item) for item in value)


def bound_to(value: Json) -> Iterator[str]:
    """Yield the steps whose outputs a value is bound to."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    reference = value.get("$ref") if isinstance(value, dict) else None
    if isinstance(reference, str) and reference.startswith("steps."):
        yield reference.split(".")[1]
    for one in inner:
        yield from bound_to(one)


def pointer(name: str) -> str:
    """Return the JSON pointer of an argument."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
