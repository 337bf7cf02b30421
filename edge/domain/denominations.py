"""Counting a drawer: so many pieces of each note and coin."""

from collections.abc import Mapping


def counted(pieces: Mapping[str, int]) -> int:
    """The sum in fen of pieces by denomination: ``{"10000": 3}`` is three notes of a hundred yuan."""
    return sum(int(denomination) * count for denomination, count in pieces.items())
