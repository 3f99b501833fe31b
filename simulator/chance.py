"""Dice that fall the same way for the same seed, on every machine and in whatever order they are thrown."""

import random


def dice(*parts: object) -> random.Random:
    """A generator of its own for each combination of parts, such as `(seed, "night", mrn, day)`.

    Seeding by text goes through SHA-512 inside `random`, so it does not hang on Python's per-process hash seed, and
    nobody's dice depend on how often somebody else threw theirs.
    """
    return random.Random("/".join(str(part) for part in parts))  # noqa: S311 - a simulation, no secret
