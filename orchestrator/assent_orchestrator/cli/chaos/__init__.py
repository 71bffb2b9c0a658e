"""``assent chaos``: a deployment of its own, broken in one way after another, and whether the promise held."""
